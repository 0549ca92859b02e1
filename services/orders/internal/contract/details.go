package contract

import (
	"bytes"
	"encoding/json"
	"strings"
)

// storable returns the JSON of a refusal's details without NUL and lone surrogates, which
// PostgreSQL refuses. It returns false when the text is not JSON.
func storable(details string) (json.RawMessage, bool) {
	decoder := json.NewDecoder(strings.NewReader(details))
	decoder.UseNumber() // as they are written
	var value any
	if !json.Valid([]byte(details)) || decoder.Decode(&value) != nil {
		return nil, false
	}
	var kept bytes.Buffer
	encoder := json.NewEncoder(&kept)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(withoutNUL(value)) != nil {
		return nil, false
	}
	return bytes.TrimSpace(kept.Bytes()), true
}

func withoutNUL(value any) any {
	switch v := value.(type) {
	case string:
		return strings.ReplaceAll(v, "\x00", "")
	case []any:
		for i := range v {
			v[i] = withoutNUL(v[i])
		}
	case map[string]any:
		clean := make(map[string]any, len(v))
		for name, member := range v {
			clean[strings.ReplaceAll(name, "\x00", "")] = withoutNUL(member)
		}
		return clean
	}
	return value
}
