// Command generate writes the JSON schemas that the Kubernetes manifests are checked against, so
// that the check needs no network. Run it in the deploy module after changing a version below, and
// commit what it writes:
//
//	go run ./kubernetes/schemas/generate
//
// Where the schemas come from:
//
//   - Kubernetes: api/openapi-spec/swagger.json of the module k8s.io/kubernetes, of the oldest and the newest version that the
//     manifests are for. A field that only the newest knows, or that the newest has dropped, is found that way.
//   - KEDA: the custom resource definitions of the module github.com/kedacore/keda/v2.
//   - The Temporal Worker Controller: written down here, in controller.go, from its documentation: the module proxy does not
//     serve that module.
//
// A schema is strict: it allows no field that its source does not name. Descriptions are left out,
// and status, which no manifest has.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The versions that the manifests are checked for.
var (
	kubernetesVersions = []string{"v1.34.4", "v1.36.3"}
	kedaVersion        = "v2.21.0"
)

// kinds of Kubernetes that the manifests have, by their names in the OpenAPI document.
var kinds = []string{
	"io.k8s.api.core.v1.Namespace",
	"io.k8s.api.core.v1.ConfigMap",
	"io.k8s.api.core.v1.Secret",
	"io.k8s.api.core.v1.Service",
	"io.k8s.api.core.v1.ServiceAccount",
	"io.k8s.api.core.v1.PersistentVolumeClaim",
	"io.k8s.api.apps.v1.Deployment",
	"io.k8s.api.batch.v1.Job",
	"io.k8s.api.policy.v1.PodDisruptionBudget",
	"io.k8s.api.networking.v1.NetworkPolicy",
	"io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler",
}

// kedaKinds by the files of their definitions.
var kedaKinds = []string{"keda.sh_scaledobjects.yaml", "keda.sh_triggerauthentications.yaml"}

// schema is a JSON schema, or a part of one.
type schema = map[string]any

func main() {
	out := flag.String("out", "kubernetes/schemas", "the folder to write to")
	flag.Parse()
	if err := generate(*out); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func generate(out string) error {
	for _, version := range kubernetesVersions {
		definitions, err := openAPI(version)
		if err != nil {
			return err
		}
		for _, kind := range kinds {
			if err := write(filepath.Join(out, minor(version)), kubernetesSchema(definitions, kind)); err != nil {
				return err
			}
		}
		for _, s := range controllerSchemas(definitions) {
			if err := write(filepath.Join(out, minor(version)), s); err != nil {
				return err
			}
		}
	}
	for _, file := range kedaKinds {
		s, err := customResource("github.com/kedacore/keda/v2", kedaVersion, filepath.Join("config/crd/bases", file))
		if err != nil {
			return err
		}
		for _, version := range kubernetesVersions {
			if err := write(filepath.Join(out, minor(version)), s); err != nil {
				return err
			}
		}
	}
	return nil
}

// minor of v1.36.3 is v1.36.0: the form in which kubeconform asks for it.
func minor(version string) string { return version[:strings.LastIndex(version, ".")] + ".0" }

// write names the file as kubeconform asks for it: kind-group-version.json.
func write(dir string, s schema) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	content, err := json.Marshal(s)
	if err != nil {
		return err
	}
	properties := s["properties"].(schema)
	group, version, grouped := strings.Cut(properties["apiVersion"].(schema)["const"].(string), "/")
	name := strings.Split(group, ".")[0]
	if grouped {
		name += "-" + version
	}
	file := strings.ToLower(fmt.Sprintf("%s-%s.json", properties["kind"].(schema)["const"], name))
	return os.WriteFile(filepath.Join(dir, file), append(content, '\n'), 0o644)
}

// module is the folder of a module's source, which the go command downloads and verifies.
func module(path, version string) (string, error) {
	var stderr bytes.Buffer
	command := exec.Command("go", "mod", "download", "-json", path+"@"+version)
	command.Stderr = &stderr
	answer, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("download %s@%s: %w\n%s%s", path, version, err, answer, stderr.String())
	}
	var downloaded struct{ Dir string }
	if err := json.Unmarshal(answer, &downloaded); err != nil {
		return "", fmt.Errorf("download %s@%s: %w", path, version, err)
	}
	return downloaded.Dir, nil
}
