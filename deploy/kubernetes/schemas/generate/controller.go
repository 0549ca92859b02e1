package main

// controllerSchemas are the resources of the Temporal Worker Controller v1.8.1, group temporal.io,
// version v1alpha1, as its documentation describes them (docs/configuration.md and
// docs/worker-resource-templates.md of github.com/temporalio/temporal-worker-controller). Its rules
// that a schema cannot say are in kubernetes_test.go.
func controllerSchemas(definitions map[string]schema) []schema {
	name := schema{"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"}
	reference := closed(schema{"name": name}, "name")
	text := schema{"type": "string"}
	duration := schema{"type": "string", "pattern": `^([0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h))+$`}
	seconds := schema{"type": "integer", "minimum": 0}
	key := closed(schema{"name": text, "key": text, "optional": schema{"type": "boolean"}}, "key")

	connection := closed(schema{
		"hostPort":           schema{"type": "string", "pattern": "^[a-zA-Z0-9.-]+:[0-9]+$"},
		"tls":                closed(schema{"serverName": schema{"type": "string", "pattern": "^[a-zA-Z0-9.-]+$"}}),
		"mutualTLSSecretRef": reference,
		"apiKeySecretRef":    key,
	}, "hostPort")
	connection["not"] = schema{"required": []any{"mutualTLSSecretRef", "apiKeySecretRef"}}

	gate := closed(schema{
		"workflowType": text,
		"input":        schema{},
		"inputFrom":    closed(schema{"configMapKeyRef": key, "secretKeyRef": key}),
	}, "workflowType")
	gate["not"] = schema{"required": []any{"input", "inputFrom"}}

	rollout := closed(schema{
		"strategy": schema{"enum": []any{"Manual", "AllAtOnce", "Progressive"}},
		"gate":     gate,
		"steps": schema{"type": "array", "maxItems": 20, "items": closed(schema{
			"rampPercentage": schema{"type": "integer", "minimum": 1, "maximum": 99},
			"pauseDuration":  duration,
		}, "rampPercentage", "pauseDuration")},
	}, "strategy")
	rollout["if"] = schema{"properties": schema{"strategy": schema{"const": "Progressive"}}}
	rollout["then"] = schema{"required": []any{"steps"}, "properties": schema{"steps": schema{"minItems": 1}}}

	used := map[string]any{}
	template := strict(definitions, schema{"$ref": "#/definitions/io.k8s.api.core.v1.PodTemplateSpec"}, used)
	worker := closed(schema{
		"replicas":                seconds,
		"template":                template,
		"minReadySeconds":         seconds,
		"progressDeadlineSeconds": seconds,
		"rollout":                 rollout,
		"sunset":                  closed(schema{"scaledownDelay": duration, "deleteDelay": duration}),
		"workerOptions": closed(schema{
			"connectionRef":       reference,
			"temporalNamespace":   schema{"type": "string", "minLength": 1},
			"unsafeCustomBuildID": schema{"type": "string", "maxLength": 63, "pattern": "^[a-zA-Z0-9]([a-zA-Z0-9._-]*[a-zA-Z0-9])?$"},
		}, "connectionRef", "temporalNamespace"),
	}, "template", "rollout", "sunset", "workerOptions")

	// The controller names what it makes of the template, and the webhook allows what it is told
	// to, by default an autoscaler.
	resource := schema{
		"type": "object", "required": []any{"apiVersion", "kind", "spec"}, "additionalProperties": false,
		"properties": schema{
			"apiVersion": text, "kind": text, "spec": schema{"type": "object"},
			"metadata": closed(schema{"labels": schema{"type": "object"}, "annotations": schema{"type": "object"}}),
		},
	}
	resourceTemplate := closed(schema{"workerDeploymentRef": reference, "template": resource}, "workerDeploymentRef", "template")

	whole := func(kind string, spec schema, definitions map[string]any) schema {
		root := closed(schema{"metadata": metadata(), "spec": spec}, "spec")
		return object(root, "temporal.io/v1alpha1", kind, definitions)
	}
	return []schema{
		whole("Connection", connection, nil),
		whole("WorkerDeployment", worker, used),
		whole("WorkerResourceTemplate", resourceTemplate, nil),
	}
}

// closed is an object with these fields and no others.
func closed(properties schema, required ...any) schema {
	s := schema{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}
