package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ordersaga/ordersaga/platform/rest/internal/strictjson"
)

// Huma keeps only the text of a format's error, so a prefix carries its kind.
const (
	malformedPrefix = "malformed JSON\x00"
	mistypedPrefix  = "mistyped JSON\x00"
)

// strictJSON reads JSON by RFC 8259 and I-JSON (RFC 7493), where encoding/json is lenient: names
// are unique, text is valid Unicode. So two programs cannot read two different orders from one
// body. Unknown names are refused later, by the schema.
var strictJSON = huma.Format{
	Marshal:   huma.DefaultJSONFormat.Marshal,
	Unmarshal: unmarshalStrict,
}

func unmarshalStrict(data []byte, into any) error {
	// Huma reads a body twice: into an any to check it by the schema, then into the struct. The
	// first time is enough for the checks below.
	if generic, ok := into.(*any); ok {
		if err := strictjson.Check(data); err != nil {
			return errors.New(malformedPrefix + err.Error())
		}
		decoder := json.NewDecoder(bytes.NewReader(data))
		// A float64 would round large numbers.
		decoder.UseNumber()
		return decoder.Decode(generic)
	}
	data = strictjson.Integers(data)
	err := json.Unmarshal(data, into)
	var mistyped *json.UnmarshalTypeError
	switch {
	case errors.As(err, &mistyped):
		field := strings.TrimSuffix("body."+strictjson.PathAt(data, mistyped.Offset), ".")
		// "number 1.5": the kind alone when the value is long.
		value := mistyped.Value
		if len(value) > 40 {
			value, _, _ = strings.Cut(value, " ")
		}
		return fmt.Errorf("%s%s: a %s does not fit here", mistypedPrefix, field, value)
	case err != nil:
		// A type's own UnmarshalJSON; the JSON itself was checked.
		return fmt.Errorf("%sbody: %w", mistypedPrefix, err)
	}
	return nil
}
