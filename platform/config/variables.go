package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
)

// variable describes one field of a settings struct.
type variable struct {
	name, field, desc string
	required          bool
	fallback          string // the default, as text
	typ               reflect.Type
}

// variables lists the fields of a settings struct and of the structs within it.
func variables(cfg any) []variable {
	var found []variable
	walk(reflect.ValueOf(cfg).Elem(), func(field reflect.StructField, value reflect.Value) {
		name, options, _ := strings.Cut(field.Tag.Get("env"), ",")
		if name == "" {
			return
		}
		fallback := field.Tag.Get("envDefault")
		if fallback == "" && !value.IsZero() { // SetDefaults
			fallback = fmt.Sprint(value.Interface())
		}
		found = append(found, variable{
			name: name, field: field.Name, desc: field.Tag.Get("desc"), fallback: fallback, typ: field.Type,
			required: slices.Contains(strings.Split(options, ","), "required"),
		})
	})
	return found
}

// walk visits every exported field, those of nested structs included.
func walk(v reflect.Value, visit func(reflect.StructField, reflect.Value)) {
	if v.Kind() != reflect.Struct {
		return
	}
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !field.IsExported() {
			continue
		}
		visit(field, v.Field(i))
		walk(v.Field(i), visit)
	}
}

// validate runs Validate of the nested structs first, then of the whole. An embedded struct's
// Validate is also a method of the whole; each line is reported once.
func validate(cfg any) []string {
	var lines []string
	run := func(v any) {
		checked, ok := v.(interface{ Validate() error })
		if !ok {
			return
		}
		if err := checked.Validate(); err != nil {
			for line := range strings.SplitSeq(err.Error(), "\n") {
				if !slices.Contains(lines, line) {
					lines = append(lines, line)
				}
			}
		}
	}
	whole := reflect.ValueOf(cfg).Elem()
	walk(whole, func(_ reflect.StructField, value reflect.Value) {
		if value.Kind() == reflect.Struct {
			run(value.Addr().Interface())
		}
	})
	run(cfg)
	return lines
}

// accepts parses a single value, to find which of several fields of the same name and type has the
// error.
func (v variable) accepts(value string) bool {
	holder := reflect.New(reflect.StructOf([]reflect.StructField{{
		Name: "Value", Type: v.typ, Tag: `env:"VALUE"`,
	}}))
	return env.ParseWithOptions(holder.Interface(), env.Options{Environment: map[string]string{"VALUE": value}}) == nil
}

func (v variable) wrong(value string) string {
	line := v.name + " must be " + v.kind()
	if !v.secret() {
		line += fmt.Sprintf(", not %q", value)
	}
	if v.desc != "" {
		line += ": " + v.desc
	}
	return line
}

func (v variable) expects() string {
	if v.desc != "" {
		return v.desc
	}
	return v.kind()
}

// kind describes the values of a field's type.
func (v variable) kind() string {
	switch v.typ {
	case reflect.TypeFor[time.Duration]():
		return "a duration like 500ms or 10s"
	case reflect.TypeFor[Secret]():
		return "a text"
	case reflect.TypeFor[File]():
		return "the path of a file"
	}
	switch v.typ.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return "a whole number"
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number of at least 0"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.String:
		return "a text"
	case reflect.Map:
		return "a list like NAME:VALUE,NAME:VALUE"
	case reflect.Slice:
		return "a list like VALUE,VALUE"
	default:
		return "a " + v.typ.String()
	}
}

// secret reports whether a value must not be shown. URLs may hold passwords.
func (v variable) secret() bool {
	switch v.typ {
	case reflect.TypeFor[Secret]():
		return true
	case reflect.TypeFor[File]():
		return false
	}
	for part := range strings.SplitSeq(v.name, "_") {
		switch part {
		case "SECRET", "PASSWORD", "TOKEN", "KEY", "URL", "URI", "DSN", "CREDENTIALS":
			return true
		}
	}
	return false
}

// File is the path of a file. The file may be secret, its path is not.
type File string

// Secret is a setting that must not be shown: it prints as "[redacted]" in logs, messages and JSON.
// Use Reveal to get the value.
type Secret string

// Reveal returns the value.
func (s Secret) Reveal() string { return string(s) }

func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "[redacted]"
}

// GoString hides the value from %#v.
func (s Secret) GoString() string { return strconv.Quote(s.String()) }

// MarshalText hides the value from JSON and slog.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
