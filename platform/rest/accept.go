package rest

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// acceptsJSON reports whether an Accept header allows application/json: the most specific matching
// range decides, and a weight of 0 means no (RFC 9110 12.5.1).
func acceptsJSON(header string) bool {
	precision, accepted := 0, false
	for _, element := range splitList(header) {
		media, parameters, err := mime.ParseMediaType(element)
		if err != nil {
			continue
		}
		of := map[string]int{"*/*": 1, "application/*": 2, "application/json": 3}[media]
		if of == 0 || of < precision {
			continue
		}
		wanted := true
		if weight, ok := parameters["q"]; ok {
			q, err := strconv.ParseFloat(weight, 64)
			wanted = err == nil && q > 0
		}
		accepted = wanted || of == precision && accepted
		precision = of
	}
	return accepted
}

func notAcceptable() *Problem {
	return NewProblem(http.StatusNotAcceptable, "not-acceptable", "This service answers with application/json, which Accept excludes.")
}

// splitList splits a header's list at the commas outside quotes and drops empty elements (RFC 9110
// 5.6.1).
func splitList(header string) []string { return split(header, ',') }

// split splits at a separator outside quotes; within quotes a backslash escapes the next character.
func split(text string, separator byte) (parts []string) {
	quoted, begin := false, 0
	add := func(end int) {
		if part := strings.Trim(text[begin:end], " \t"); part != "" {
			parts = append(parts, part)
		}
	}
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '"':
			quoted = !quoted
		case text[i] == '\\' && quoted:
			i++
		case text[i] == separator && !quoted:
			add(i)
			begin = i + 1
		}
	}
	add(len(text))
	return parts
}
