package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
)

// Huma keeps only the text of what a format answers, so the kind of the error
// travels in front of it.
const (
	malformedPrefix = "malformed JSON\x00"
	mistypedPrefix  = "mistyped JSON\x00"
)

// strictJSON reads JSON as RFC 8259 and I-JSON (RFC 7493) have it, where
// encoding/json is lenient: names appear once, text is valid Unicode. Two
// programs can then not read two different orders from one body. Unknown names
// are refused later, by the schema.
var strictJSON = huma.Format{
	Marshal:   huma.DefaultJSONFormat.Marshal,
	Unmarshal: unmarshalStrict,
}

func unmarshalStrict(data []byte, into any) error {
	// Huma reads a body twice: into an any to check it by the schema, then into
	// the struct. The first time is enough for the checks below.
	if _, generic := into.(*any); generic {
		if err := checkStrict(data); err != nil {
			return errors.New(malformedPrefix + err.Error())
		}
	}
	err := json.Unmarshal(data, into)
	var mistyped *json.UnmarshalTypeError
	switch {
	case errors.As(err, &mistyped):
		field := "body"
		if mistyped.Field != "" {
			field += "." + mistyped.Field
		}
		return fmt.Errorf("%s%s: a %s does not fit here", mistypedPrefix, field, mistyped.Value)
	case err != nil:
		// A type's own UnmarshalJSON; the JSON itself was checked.
		return fmt.Errorf("%sbody: %w", mistypedPrefix, err)
	}
	return nil
}

// checkStrict says what keeps data from being one JSON value with unique names
// and valid Unicode.
func checkStrict(data []byte) error {
	if !utf8.Valid(data) {
		return errors.New("the body is not valid UTF-8")
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
		return fmt.Errorf("the body is not valid JSON at byte %d: %s", syntax.Offset, syntax.Error())
	}
	return errors.New("the body is not valid JSON")
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
			return fmt.Errorf("the name %q appears twice in one object", name)
		}
		open[len(open)-1][name] = struct{}{}
		nameNext = false
	}
}

// checkEscapes refuses what a string can only hold by escapes: half a surrogate
// pair, which is no character, and NUL, which PostgreSQL cannot store. The data
// is valid JSON, so a backslash begins an escape within a string.
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
			return errors.New(`the body contains the character \u0000, which is not allowed`)
		case utf16.IsSurrogate(r):
			if utf16.DecodeRune(r, escaped(data[i+1:])) == utf8.RuneError {
				return fmt.Errorf(`the body contains \u%04x without its other half`, r)
			}
			i += 6
		}
	}
	return nil
}

// escaped is the code unit of the \uXXXX that data begins with, or -1.
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
