package kubernetes_test

import (
	"encoding/json"
	"slices"

	"github.com/yannh/kubeconform/pkg/resource"
	"github.com/yannh/kubeconform/pkg/validator"
)

// versions of Kubernetes, the oldest and the newest that the manifests are for; schemas/generate
// makes their schemas.
var versions = []string{"1.34.0", "1.36.0"}

var validators = func() map[string]validator.Validator {
	all := map[string]validator.Validator{}
	for _, version := range versions {
		v, err := validator.New(
			[]string{"schemas/{{ .NormalizedKubernetesVersion }}/{{ .ResourceKind }}{{ .KindSuffix }}.json"},
			validator.Opts{KubernetesVersion: version, Strict: true})
		if err != nil {
			panic(err)
		}
		all[version] = v
	}
	return all
}()

// checkSchemas validates every object, and the one inside a WorkerResourceTemplate.
func checkSchemas(objects []object) (found problems) {
	for _, version := range versions {
		for _, o := range objects {
			result := validators[version].ValidateResource(resource.Resource{Path: o.String(), Bytes: o.raw})
			found.unless(result.Status == validator.Valid, "%s is not valid for Kubernetes %s: %v", o, version, result.Err)
		}
	}
	for _, o := range ofKind(objects, "WorkerResourceTemplate") {
		found = append(found, checkTemplate(o)...)
	}
	for _, o := range ofKind(objects, "WorkerDeployment") {
		found = append(found, checkRollout(o)...)
	}
	return found
}

// checkTemplate validates what the controller would make of a template: it gives it a name and,
// where {} asks for it, a target.
func checkTemplate(o object) (found problems) {
	template := spec[struct {
		Template map[string]any `json:"template"`
	}](o).Template
	inner, _ := template["spec"].(map[string]any)
	target, asks := inner["scaleTargetRef"].(map[string]any)
	if !asks || len(target) > 0 {
		found.add("%s must leave scaleTargetRef to the controller, as {}", o)
		return found
	}
	inner["scaleTargetRef"] = map[string]any{"apiVersion": "apps/v1", "kind": "Deployment", "name": "worker-v1"}
	template["metadata"] = map[string]any{"name": "worker-v1"}
	content, err := json.Marshal(template)
	if err != nil {
		panic(err)
	}
	for _, version := range versions {
		result := validators[version].ValidateResource(resource.Resource{Path: o.String(), Bytes: content})
		found.unless(result.Status == validator.Valid, "what %s makes is not valid for Kubernetes %s: %v", o, version, result.Err)
	}
	return found
}

// checkRollout keeps the rules of the controller that its webhook would refuse.
func checkRollout(o object) (found problems) {
	rollout := spec[struct {
		Rollout struct {
			Steps []struct {
				RampPercentage int    `json:"rampPercentage"`
				PauseDuration  string `json:"pauseDuration"`
			} `json:"steps"`
			Gate *struct {
				WorkflowType string `json:"workflowType"`
			} `json:"gate"`
		} `json:"rollout"`
	}](o).Rollout
	last := 0
	for _, step := range rollout.Steps {
		found.unless(step.RampPercentage > last, "%s: a step of %d%% must be more than the %d%% before it", o, step.RampPercentage, last)
		found.unless(duration(step.PauseDuration).Seconds() >= 30, "%s: a pause of %s is below the least of 30s", o, step.PauseDuration)
		last = step.RampPercentage
	}
	// Known to be harmless at any time, and run by every worker; test/workerversion runs it as the
	// controller does.
	gates := []string{"SweepOrders"}
	found.unless(rollout.Gate != nil && slices.Contains(gates, rollout.Gate.WorkflowType), "%s: the gate must be one of %q", o, gates)
	return found
}
