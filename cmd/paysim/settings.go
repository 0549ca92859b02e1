package main

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
)

type settings struct {
	Host   string        `env:"HOST" envDefault:"127.0.0.1"`
	Port   uint16        `env:"PORT" envDefault:"8084"` // 0: a free one, named in the log
	APIKey string        `env:"PAYSIM_API_KEY,required,notEmpty,unset"`
	Data   string        `env:"PAYSIM_DATA,notEmpty" envDefault:".ordersaga/paysim/paysim.db"`
	Slow   time.Duration `env:"PAYSIM_SLOW" envDefault:"3s"`
}

// readSettings reads the environment. Its error names the variables at fault.
func readSettings() (settings, error) {
	set, err := env.ParseAs[settings]()
	var all env.AggregateError
	if errors.As(err, &all) {
		for i, one := range all.Errors {
			var parse env.ParseError
			if errors.As(one, &parse) { // it knows the field only
				all.Errors[i] = fmt.Errorf("%s: %w", variableOf(parse.Name), parse.Err)
			}
		}
		err = all
	}
	if err == nil && set.Slow < 0 {
		err = fmt.Errorf("PAYSIM_SLOW: %s is negative", set.Slow)
	}
	if err != nil {
		return settings{}, fmt.Errorf("settings: %w", err)
	}
	return set, nil
}

func variableOf(field string) string {
	found, _ := reflect.TypeFor[settings]().FieldByName(field)
	name, _, _ := strings.Cut(found.Tag.Get("env"), ",")
	return name
}
