package config

import "reflect"

// Setting describes one environment variable that a program reads.
type Setting struct {
	// Name of the variable. A final * stands for all variables that begin with the name.
	Name string `json:"name"`
	// Kind says in words what it accepts: "a whole number".
	Kind string `json:"kind"`
	// Default is the value when it is not set; empty for none.
	Default  string `json:"default"`
	Required bool   `json:"required"`
	// Secret means that its value, or a part of it, must not be shown.
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

// Text describes a variable that is not read by Load.
func Text(name, fallback, description string) Setting {
	return Setting{
		Name: name, Kind: "a text", Default: fallback, Secret: variable{name: name}.secret(), Description: description,
	}
}

// PathOf describes a variable that holds the path of a file and is not read by Load. The file may
// be secret, its path is not.
func PathOf(name, description string) Setting {
	return Setting{Name: name, Kind: variable{typ: reflect.TypeFor[File]()}.kind(), Description: description}
}
