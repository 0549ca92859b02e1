package rest

import "github.com/google/uuid"

// ParseUUID reads an id in the one form that is ours: 36 characters, in lower case when it is
// returned. The forms with braces and prefixes would be other paths of the same thing.
func ParseUUID(text string) (id string, ok bool) {
	parsed, err := uuid.Parse(text)
	return parsed.String(), err == nil && len(text) == 36
}

// UUIDs leaves out what is none.
func UUIDs(given []string) []string {
	ids := make([]string, 0, len(given))
	for _, text := range given {
		if id, ok := ParseUUID(text); ok {
			ids = append(ids, id)
		}
	}
	return ids
}
