package config

import "reflect"

// Setting describes one environment variable that a program reads.
type Setting struct {
	// Name of the variable. One that ends in * stands for all that begin so.
	Name string `json:"name"`
	// Kind says in words what it accepts: "a whole number".
	Kind string `json:"kind"`
	// Default is what it is when it is not set; empty for none.
	Default  string `json:"default"`
	Required bool   `json:"required"`
	// Secret tells that its value, or a part of it, must not be shown.
	Secret      bool   `json:"secret"`
	Description string `json:"description"`
}

// Describe lists the variables that Load reads for a T, in the order of its fields.
func Describe[T any]() []Setting {
	var cfg T
	if d, ok := any(&cfg).(interface{ SetDefaults() }); ok {
		d.SetDefaults()
	}
	var settings []Setting
	for _, v := range variables(&cfg) {
		settings = append(settings, Setting{
			Name: v.name, Kind: v.kind(), Default: v.fallback, Required: v.required, Secret: v.secret(), Description: v.desc,
		})
	}
	return settings
}

// Text describes a variable that is read elsewhere than from a struct.
func Text(name, fallback, description string) Setting {
	return Setting{
		Name: name, Kind: "a text", Default: fallback, Secret: variable{name: name}.secret(), Description: description,
	}
}

// PathOf describes a variable that holds the path of a file and is read elsewhere than from a
// struct. The file may be a secret, its path is none.
func PathOf(name, description string) Setting {
	return Setting{Name: name, Kind: variable{typ: reflect.TypeFor[File]()}.kind(), Description: description}
}
