// Package strictjson checks JSON where encoding/json is lenient.
package strictjson

//lint:file-ignore ST1005 clients read the texts as sentences

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// Check returns an error unless data is one JSON value (RFC 8259) that is valid I-JSON (RFC 7493):
// names are unique in an object, text is Unicode. NUL, which PostgreSQL cannot store, is refused
// too.
func Check(data []byte) error {
	if !utf8.Valid(data) {
		return errors.New("The body is not valid UTF-8")
	}
	if err := json.Unmarshal(data, new(json.RawMessage)); err != nil {
		return describeSyntax(err)
	}
	if err := checkEscapes(data); err != nil {
		return err
	}
	return checkNames(data)
}

func describeSyntax(err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("The body is not valid JSON at byte %d: %s", syntax.Offset, syntax.Error())
	}
	return errors.New("The body is not valid JSON")
}

// checkNames refuses a name that appears twice in one object.
func checkNames(data []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	// One entry for each open object or array; nil for an array.
	var open []map[string]struct{}
	nameNext := false
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return describeSyntax(err)
		}
		if delim, ok := token.(json.Delim); ok {
			switch delim {
			case '{':
				open = append(open, map[string]struct{}{})
			case '[':
				open = append(open, nil)
			default:
				open = open[:len(open)-1]
			}
			nameNext = len(open) > 0 && open[len(open)-1] != nil
			continue
		}
		if len(open) == 0 || open[len(open)-1] == nil {
			continue
		}
		if !nameNext {
			nameNext = true
			continue
		}
		name, _ := token.(string)
		if _, twice := open[len(open)-1][name]; twice {
			return fmt.Errorf("The name %q appears twice in one object", name)
		}
		open[len(open)-1][name] = struct{}{}
		nameNext = false
	}
}

// checkEscapes refuses escapes of a lone surrogate and of NUL, which PostgreSQL cannot store. The
// data is valid JSON, so a backslash begins an escape within a string.
func checkEscapes(data []byte) error {
	for i := 0; i < len(data); i++ {
		if data[i] != '\\' {
			continue
		}
		if data[i+1] != 'u' {
			i++
			continue
		}
		r := escaped(data[i:])
		i += 5
		switch {
		case r == 0:
			return errors.New(`The body contains the character \u0000, which is not allowed`)
		case utf16.IsSurrogate(r):
			if utf16.DecodeRune(r, escaped(data[i+1:])) == utf8.RuneError {
				return fmt.Errorf(`The body contains \u%04x without its other half`, r)
			}
			i += 6
		}
	}
	return nil
}

// escaped returns the code unit of the \uXXXX at the begin of data, or -1.
func escaped(data []byte) rune {
	if len(data) < 6 || data[0] != '\\' || data[1] != 'u' {
		return -1
	}
	unit, err := strconv.ParseUint(string(data[2:6]), 16, 16)
	if err != nil {
		return -1
	}
	return rune(unit)
}
