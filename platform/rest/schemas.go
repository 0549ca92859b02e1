package rest

import (
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// newSchemaNamer names schemas after their types, and after package and type when two packages have
// types of the same name, for which Huma would panic.
func newSchemaNamer() func(reflect.Type, string) string {
	taken := map[string]reflect.Type{}
	return func(t reflect.Type, hint string) string {
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		name := huma.DefaultSchemaNamer(t, hint)
		if owner, ok := taken[name]; ok && owner != t && t.Name() != "" {
			path := strings.Split(t.PkgPath(), "/")
			name = capital(path[len(path)-1]) + name
		}
		taken[name] = t
		return name
	}
}

func capital(word string) string {
	if word == "" {
		return ""
	}
	return strings.ToUpper(word[:1]) + word[1:]
}
