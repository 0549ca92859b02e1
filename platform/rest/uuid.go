package rest

import "github.com/google/uuid"

// ParseUUID reads an id of 36 characters and returns it in lower case. Forms with braces and
// prefixes are refused, because one resource would have several paths.
func ParseUUID(text string) (id string, ok bool) {
	parsed, err := uuid.Parse(text)
	return parsed.String(), err == nil && len(text) == 36
}

// UUIDs returns the valid ids.
func UUIDs(given []string) []string {
	ids := make([]string, 0, len(given))
	for _, text := range given {
		if id, ok := ParseUUID(text); ok {
			ids = append(ids, id)
		}
	}
	return ids
}
