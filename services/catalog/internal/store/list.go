package store

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
)

// list is a JSON array in a column.
type list[T any] []T

// Scan implements sql.Scanner.
func (l *list[T]) Scan(column any) error {
	switch text := column.(type) {
	case []byte:
		return json.Unmarshal(text, (*[]T)(l))
	case string:
		return json.Unmarshal([]byte(text), (*[]T)(l))
	}
	return fmt.Errorf("a list cannot be read from %T", column)
}

// Value implements driver.Valuer.
func (l list[T]) Value() (driver.Value, error) { return l.json(), nil }

// json is an array also when there is nothing in it.
func (l list[T]) json() string {
	if len(l) == 0 {
		return "[]"
	}
	text, err := json.Marshal([]T(l))
	if err != nil {
		panic(fmt.Sprintf("store: a list of %T cannot be JSON: %v", l, err)) // texts only
	}
	return string(text)
}
