package auditreadmodel

import (
	"bytes"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// difference says in a line how a document is not the one that is expected, or nothing. Both are
// compared as the store keeps them: its times have milliseconds.
func difference[D any](expected D, found *D) string {
	if found == nil {
		return "the document is missing"
	}
	want, err := bson.Marshal(expected)
	if err != nil {
		return fmt.Sprintf("the expected document does not encode: %v", err)
	}
	have, err := bson.Marshal(*found)
	if err != nil {
		return fmt.Sprintf("the document does not encode: %v", err)
	}
	if bytes.Equal(want, have) {
		return ""
	}
	return firstOf(want, have)
}

// firstOf names the first field that differs.
func firstOf(want, have bson.Raw) string {
	fields, err := want.Elements()
	if err != nil {
		return fmt.Sprintf("the expected document cannot be read: %v", err)
	}
	for _, field := range fields {
		other, err := have.LookupErr(field.Key())
		if err != nil {
			return fmt.Sprintf("%s is missing", field.Key())
		}
		if !other.Equal(field.Value()) {
			return fmt.Sprintf("%s is %.80s, the log says %.80s", field.Key(), other, field.Value())
		}
	}
	return "it has fields that do not follow from the log"
}
