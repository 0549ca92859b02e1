package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// openAPI are the definitions of a version of Kubernetes.
func openAPI(version string) (map[string]schema, error) {
	dir, err := module("k8s.io/kubernetes", version)
	if err != nil {
		return nil, err
	}
	content, err := os.ReadFile(filepath.Join(dir, "api/openapi-spec/swagger.json"))
	if err != nil {
		return nil, err
	}
	var document struct {
		Definitions map[string]schema `json:"definitions"`
	}
	if err := json.Unmarshal(content, &document); err != nil {
		return nil, fmt.Errorf("the OpenAPI document of Kubernetes %s: %w", version, err)
	}
	return document.Definitions, nil
}

// kubernetesSchema is the schema of a kind, with the definitions that it needs inside.
func kubernetesSchema(definitions map[string]schema, name string) schema {
	identity := definitions[name]["x-kubernetes-group-version-kind"].([]any)[0].(schema)
	apiVersion := strings.TrimPrefix(fmt.Sprintf("%s/%s", identity["group"], identity["version"]), "/")
	used := map[string]any{}
	root := strict(definitions, definitions[name], used)
	return object(root, apiVersion, identity["kind"].(string), used)
}

// object makes the schema of a whole manifest.
func object(root schema, apiVersion, kind string, definitions map[string]any) schema {
	properties := root["properties"].(schema)
	properties["apiVersion"] = schema{"const": apiVersion}
	properties["kind"] = schema{"const": kind}
	delete(properties, "status")
	required := []any{"apiVersion", "kind", "metadata"}
	for _, name := range list(root["required"]) {
		if !slices.Contains(required, name) && name != "status" {
			required = append(required, name)
		}
	}
	root["$schema"] = "http://json-schema.org/draft-07/schema#"
	root["required"] = required
	if len(definitions) > 0 {
		root["definitions"] = definitions
	}
	return root
}

// shortened are the names of definitions by what is left of them in our schemas.
var shortened = map[string]string{}

// strict is a part of a document as we keep it; the definitions that it refers to are added to
// used.
func strict(definitions map[string]schema, part schema, used map[string]any) schema {
	if reference, ok := part["$ref"].(string); ok {
		name := strings.TrimPrefix(reference, "#/definitions/")
		short := name[strings.LastIndex(name, ".")+1:]
		if other := shortened[short]; other != "" && other != name {
			panic(other + " and " + name + " have the same short name")
		}
		shortened[short] = name
		if _, done := used[short]; !done {
			used[short] = nil // some definitions refer to themselves
			used[short] = strict(definitions, definitions[name], used)
		}
		return schema{"$ref": "#/definitions/" + short}
	}
	if part["format"] == "int-or-string" || part["x-kubernetes-int-or-string"] == true {
		return schema{"type": []any{"string", "integer"}}
	}
	kept := schema{}
	for _, key := range slices.Sorted(maps.Keys(part)) {
		switch value := part[key]; key {
		case "properties":
			properties := schema{}
			for name, property := range value.(schema) {
				properties[name] = strict(definitions, property.(schema), used)
			}
			kept[key] = properties
			if part["x-kubernetes-preserve-unknown-fields"] != true {
				kept["additionalProperties"] = false
			}
		case "items", "additionalProperties":
			if inner, ok := value.(schema); ok {
				kept[key] = strict(definitions, inner, used)
			}
		case "type", "required", "enum", "pattern", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems":
			kept[key] = value
		}
	}
	// A quantity such as 1 or 0.5 is written as a number.
	if description, _ := part["description"].(string); strings.HasPrefix(description, "Quantity is a fixed-point") {
		return schema{"type": []any{"string", "number"}}
	}
	return kept
}

// customResource is the schema of the first version of a custom resource definition.
func customResource(path, version, file string) (schema, error) {
	dir, err := module(path, version)
	if err != nil {
		return nil, err
	}
	content, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		return nil, err
	}
	var definition struct {
		Spec struct {
			Group string
			Names struct{ Kind string }
			// Versions of KEDA's resources: one.
			Versions []struct {
				Name   string
				Schema struct{ OpenAPIV3Schema schema }
			}
		}
	}
	if err := yaml.Unmarshal(content, &definition); err != nil {
		return nil, fmt.Errorf("%s of %s@%s: %w", file, path, version, err)
	}
	served := definition.Spec.Versions[0]
	root := strict(nil, served.Schema.OpenAPIV3Schema, nil)
	// The definition leaves metadata to Kubernetes.
	root["properties"].(schema)["metadata"] = metadata()
	return object(root, definition.Spec.Group+"/"+served.Name, definition.Spec.Names.Kind, nil), nil
}

// metadata that manifests give to custom resources.
func metadata() schema {
	texts := schema{"type": "object", "additionalProperties": schema{"type": "string"}}
	return schema{
		"type": "object", "additionalProperties": false, "required": []any{"name"},
		"properties": schema{
			"name": schema{"type": "string"}, "namespace": schema{"type": "string"}, "labels": texts, "annotations": texts,
		},
	}
}

func list(value any) []any {
	values, _ := value.([]any)
	return values
}
