package strictjson

import (
	"bytes"
	"encoding/json"
	"testing"
	"unicode/utf8"
)

// FuzzCheck checks anything: what is accepted is JSON with text that is Unicode and without NUL,
// and reading it loses nothing.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{
		`{"a":1}`, `{"a":1,"a":2}`, `{"a":{"a":1},"b":[{"a":1},{"a":2}]}`, `{"\u0061":1,"a":2}`, `"\u0000"`, `"\\u0000"`,
		`"\ud800"`, `"\ud83d\ude00"`, `"\ude00\ud83d"`, `"\ud83d\\ude00"`, `"\ud83d`, `"\u`, `"\`, "\"\xff\"", "\"\x00\"",
		``, ` `, `null`, `1e999`, `-0`, `[[[[`, `{"a":1}{"b":2}`, `{"a":1} x`, "\ufeff{}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if Check(data) != nil {
			return
		}
		if !json.Valid(data) || !utf8.Valid(data) {
			t.Fatalf("accepted what is not JSON: %q", data)
		}
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.UseNumber()
		var value any
		if err := decoder.Decode(&value); err != nil {
			t.Fatalf("accepted what cannot be read: %q: %v", data, err)
		}
		inspect(t, value)
		// A name that came twice would be missing here.
		if got, want := countNames(value), bytes.Count(outsideStrings(data), []byte(":")); got != want {
			t.Fatalf("%d names in %q, %d were read", want, data, got)
		}
	})
}

// inspect fails on text that is none. encoding/json puts U+FFFD in the place of
// half a surrogate pair; a text may also contain one of its own.
func inspect(t *testing.T, value any) {
	switch value := value.(type) {
	case string:
		if bytes.ContainsRune([]byte(value), 0) {
			t.Fatalf("accepted NUL in %q", value)
		}
	case []any:
		for _, element := range value {
			inspect(t, element)
		}
	case map[string]any:
		for name, member := range value {
			inspect(t, name)
			inspect(t, member)
		}
	}
}

func countNames(value any) (count int) {
	switch value := value.(type) {
	case []any:
		for _, element := range value {
			count += countNames(element)
		}
	case map[string]any:
		for _, member := range value {
			count += 1 + countNames(member)
		}
	}
	return count
}

// outsideStrings is valid JSON without what is between quotes.
func outsideStrings(data []byte) (rest []byte) {
	inside := false
	for i := 0; i < len(data); i++ {
		switch {
		case inside && data[i] == '\\':
			i++
		case data[i] == '"':
			inside = !inside
		case !inside:
			rest = append(rest, data[i])
		}
	}
	return rest
}
