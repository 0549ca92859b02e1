package rest

import (
	"slices"
	"strings"
)

// Preference is an optional wish of a client (RFC 7240).
type Preference struct {
	// Name is in lower case.
	Name string
	// Value is empty when there is none.
	Value string
}

// Preferences reads a Prefer header (RFC 7240). Of a repeated preference the first counts;
// malformed ones are ignored, as the standard requires.
func Preferences(header string) (preferences []Preference) {
	for _, element := range splitList(header) {
		parts := split(element, ';') // the other parts are parameters, which we do not use
		if len(parts) == 0 {
			continue
		}
		name, value, hasValue := strings.Cut(parts[0], "=")
		name = strings.ToLower(strings.TrimRight(name, " \t"))
		value, ok := word(strings.TrimLeft(value, " \t"))
		known := slices.ContainsFunc(preferences, func(p Preference) bool { return p.Name == name })
		if !isToken(name) || hasValue && !ok || known {
			continue
		}
		preferences = append(preferences, Preference{Name: name, Value: value})
	}
	return preferences
}

// word returns the text of a token or a quoted string (RFC 9110 5.6.2, 5.6.4).
func word(text string) (string, bool) {
	if !strings.HasPrefix(text, `"`) {
		return text, isToken(text)
	}
	var read strings.Builder
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '"':
			return read.String(), i == len(text)-1
		case '\\':
			if i++; i == len(text) {
				return "", false
			}
		}
		read.WriteByte(text[i])
	}
	return "", false
}

func isToken(text string) bool {
	return text != "" && strings.IndexFunc(text, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	}) < 0
}
