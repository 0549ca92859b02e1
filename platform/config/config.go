// Package config reads a program's settings from environment variables into a typed struct and
// reports all errors at once, one line each with the name of the variable.
//
//	type Config struct {
//		config.Server
//		config.Auth
//		DatabaseURL config.Secret `env:"DATABASE_URL,required" desc:"a PostgreSQL URL like postgres://user:password@host:5432/orders"`
//	}
//
//	func (c *Config) SetDefaults() { c.Port = 8080 }
package config

import (
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"
)

// Load reads the environment into a T by its `env` and `envDefault` tags (caarlos0/env). A variable
// that is set but empty counts as not set, so an empty line in a compose file means the default.
//
// Three parts of T are used when present: `SetDefaults()` on *T runs first and gives defaults that
// depend on the program; a `desc` tag says in messages what a variable should hold; `Validate()
// error`, of T or of any struct within it, runs last and checks bounds.
//
// The error has one line for each problem. Values are shown only where a variable's name and type
// exclude a secret.
func Load[T any]() (T, error) {
	return LoadFrom[T](os.Environ())
}

// LoadFrom is Load from a given environment of NAME=value pairs.
func LoadFrom[T any](environ []string) (T, error) {
	var cfg T
	if d, ok := any(&cfg).(interface{ SetDefaults() }); ok {
		d.SetDefaults()
	}
	environment := nonEmpty(environ)
	vars := variables(&cfg)
	var problems []string
	if err := env.ParseWithOptions(&cfg, env.Options{Environment: environment}); err != nil {
		problems = describe(err, vars, environment)
	}
	// Bounds are checked only when all settings could be read: "PORT is 0" after "PORT is not a
	// number" would mislead.
	if len(problems) == 0 {
		problems = validate(&cfg)
	}
	if len(problems) > 0 {
		var zero T
		return zero, &Error{Problems: problems}
	}
	return cfg, nil
}

// Error lists all errors of the settings.
type Error struct {
	// Problems has one line each, naming the variable and what it should hold.
	Problems []string
}

func (e *Error) Error() string { return strings.Join(e.Problems, "\n") }

// nonEmpty drops the variables without a value.
func nonEmpty(environ []string) map[string]string {
	environment := env.ToMap(environ)
	for name, value := range environment {
		if strings.TrimSpace(value) == "" {
			delete(environment, name)
		}
	}
	return environment
}

// describe turns the library's errors, which name fields of structs, into lines that name
// variables.
func describe(err error, vars []variable, environment map[string]string) []string {
	var all env.AggregateError
	if !errors.As(err, &all) {
		return []string{err.Error()}
	}
	var lines []string
	add := func(line string) {
		if !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	for _, one := range all.Errors {
		var missing env.VarIsNotSetError
		var empty env.EmptyVarError
		var parse env.ParseError
		switch {
		case errors.As(one, &missing):
			add(required(missing.Key, vars))
		case errors.As(one, &empty):
			add(required(empty.Key, vars))
		case errors.As(one, &parse):
			for _, v := range vars {
				if v.field == parse.Name && v.typ == parse.Type {
					if value, set := environment[v.name]; set && !v.accepts(value) {
						add(v.wrong(value))
					}
				}
			}
		default:
			add(one.Error())
		}
	}
	if len(lines) == 0 {
		add(err.Error())
	}
	return lines
}

func required(name string, vars []variable) string {
	for _, v := range vars {
		if v.name == name && v.expects() != "" {
			return name + " is required: " + v.expects()
		}
	}
	return name + " is required"
}
