package kubernetes_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// setting is a variable that a program reads, as it says itself.
type setting struct {
	Name     string `json:"name"`
	Default  string `json:"default"`
	Required bool   `json:"required"`
	Secret   bool   `json:"secret"`
}

// programs are asked once.
var programs sync.Map

// settings of a program, from `PROGRAM --settings`.
func settings(program string) []setting {
	if known, ok := programs.Load(program); ok {
		return known.([]setting)
	}
	output, err := exec.Command(filepath.Join(os.Getenv("ORDERSAGA_BIN"), program), "--settings").Output()
	if err != nil {
		panic(fmt.Sprintf("%s --settings (is it built? `make build`): %v", program, err))
	}
	var all []setting
	if err := json.Unmarshal(output, &all); err != nil {
		panic(fmt.Sprintf("%s --settings: %v", program, err))
	}
	programs.Store(program, all)
	return all
}

// settingsOf pods. The command has settings of its own for each thing it does: setup is Temporal's
// client.
func settingsOf(p pods) []setting {
	if p.program() == "ordersaga" {
		return slices.DeleteFunc(slices.Clone(settings("worker")), func(s setting) bool {
			return !strings.HasPrefix(s.Name, "TEMPORAL_")
		})
	}
	return settings(p.program())
}

func find(all []setting, name string) (setting, bool) {
	for _, s := range all {
		if prefix, pattern := strings.CutSuffix(s.Name, "*"); s.Name == name || pattern && strings.HasPrefix(name, prefix) {
			return s, true
		}
	}
	return setting{}, false
}

func needPrograms(t testing.TB) {
	t.Helper()
	if os.Getenv("ORDERSAGA_BIN") == "" {
		t.Fatal("this test asks the built programs for their settings: run `make test`, or `make build` and set ORDERSAGA_BIN to their folder")
	}
}

// variable is one that a container gets.
type variable struct {
	value  string
	secret bool // from a Secret
}

// variables of the first container, with those that the controller gives to versioned workers.
func variables(objects []object, p pods) (map[string]variable, problems) {
	var found problems
	all := map[string]variable{}
	from := func(ref *reference, kind string) map[string]string {
		o, ok := named(objects, kind, ref.Name)
		if !ok {
			if kind == "Secret" {
				return secrets()[ref.Name]
			}
			found.add("%s gets its settings from the %s %s, which is not there", p, kind, ref.Name)
		}
		return o.Data
	}
	c := p.template.Spec.Containers[0]
	for _, source := range c.EnvFrom {
		switch {
		case source.ConfigMapRef != nil:
			for name, value := range from(source.ConfigMapRef, "ConfigMap") {
				all[name] = variable{value: value}
			}
		case source.SecretRef != nil:
			for name := range from(source.SecretRef, "Secret") {
				all[name] = variable{secret: true}
			}
		}
	}
	for _, e := range c.Env {
		switch {
		case e.ValueFrom == nil:
			all[e.Name] = variable{value: e.Value}
		case e.ValueFrom.SecretKeyRef != nil:
			value, ok := from(e.ValueFrom.SecretKeyRef, "Secret")[e.ValueFrom.SecretKeyRef.Key]
			all[e.Name] = variable{value: value, secret: true}
			found.unless(ok, "%s: the key %s of the secret %s is neither there nor in secrets.example.yaml",
				p, e.ValueFrom.SecretKeyRef.Key, e.ValueFrom.SecretKeyRef.Name)
		case e.ValueFrom.ConfigMapKeyRef != nil:
			value, ok := from(e.ValueFrom.ConfigMapKeyRef, "ConfigMap")[e.ValueFrom.ConfigMapKeyRef.Key]
			all[e.Name] = variable{value: value}
			found.unless(ok, "%s: the ConfigMap %s has no key %s", p, e.ValueFrom.ConfigMapKeyRef.Name, e.ValueFrom.ConfigMapKeyRef.Key)
		}
	}
	if p.Kind == "WorkerDeployment" {
		for name, v := range injected(objects, p) {
			_, given := all[name]
			found.unless(!given, "%s gets %s, which is the controller's to give", p, name)
			all[name] = v
		}
	}
	return all, found
}

// injected is what the Temporal Worker Controller v1.8 gives to the containers of a
// WorkerDeployment.
func injected(objects []object, p pods) map[string]variable {
	s := spec[struct {
		WorkerOptions struct {
			TemporalNamespace string `json:"temporalNamespace"`
		} `json:"workerOptions"`
	}](p.object).WorkerOptions
	connection, ok := connectionOf(objects, p)
	if !ok {
		return nil
	}
	all := map[string]variable{
		"TEMPORAL_ADDRESS":         {value: connection.HostPort},
		"TEMPORAL_NAMESPACE":       {value: s.TemporalNamespace},
		"TEMPORAL_DEPLOYMENT_NAME": {value: p.Metadata.Namespace + "/" + p.Metadata.Name},
		"TEMPORAL_WORKER_BUILD_ID": {value: "v1"},
	}
	switch {
	case connection.MutualTLSSecretRef != nil:
		all["TEMPORAL_TLS"] = variable{value: "true"}
		all["TEMPORAL_TLS_CLIENT_CERT_PATH"] = variable{value: certificates + "/tls.crt"}
		all["TEMPORAL_TLS_CLIENT_KEY_PATH"] = variable{value: certificates + "/tls.key"}
	case connection.APIKeySecretRef != nil:
		all["TEMPORAL_API_KEY"] = variable{value: secrets()[connection.APIKeySecretRef.Name][connection.APIKeySecretRef.Key], secret: true}
	}
	return all
}

// certificates is where the controller mounts the secret of a Connection.
const certificates = "/etc/temporal/tls"

// connection says how the controller and its workers reach Temporal.
type connection struct {
	HostPort           string     `json:"hostPort"`
	APIKeySecretRef    *reference `json:"apiKeySecretRef"`
	MutualTLSSecretRef *reference `json:"mutualTLSSecretRef"`
}

func connectionOf(objects []object, p pods) (connection, bool) {
	ref := spec[struct {
		WorkerOptions struct {
			ConnectionRef reference `json:"connectionRef"`
		} `json:"workerOptions"`
	}](p.object).WorkerOptions.ConnectionRef
	o, ok := named(objects, "Connection", ref.Name)
	if !ok {
		return connection{}, false
	}
	return spec[connection](o), true
}

// ofTheRuntime are variables of Go's.
var ofTheRuntime = []string{"GOMEMLIMIT"}

// checkEnvironment asks whether a program would start with what it gets: nothing that it does not
// know, everything that it must have, and secrets from Secrets.
func checkEnvironment(objects []object) (found problems) {
	for _, p := range workloads(objects) {
		given, more := variables(objects, p)
		found = append(found, more...)
		known := settingsOf(p)
		for _, name := range keys(given) {
			s, ok := find(known, name)
			found.unless(ok || slices.Contains(ofTheRuntime, name), "%s gets %s, which %s does not know", p, name, p.program())
			// The path of a file with a secret is none.
			path := strings.HasPrefix(given[name].value, "/")
			found.unless(!s.Secret || given[name].secret || path, "%s gets %s, which is a secret, in plain sight", p, name)
		}
		for _, s := range known {
			v, ok := given[s.Name]
			found.unless(ok || !s.Required, "%s must get %s", p, s.Name)
			// What is on this host by default is elsewhere in a cluster.
			found.unless(ok || !strings.Contains(s.Default, "127.0.0.1") && !strings.Contains(s.Default, "localhost"),
				"%s must get %s, which is %s by default", p, s.Name, s.Default)
			found.unless(!ok || v.secret || v.value != "", "%s gets an empty %s", p, s.Name)
		}
		if limit, ok := given["GOMEMLIMIT"]; ok {
			most := quantity(p.template.Spec.Containers[0].Resources.Limits["memory"])
			found.unless(quantity(limit.value) < most, "%s: GOMEMLIMIT %s must be below the memory limit", p, limit.value)
		}
	}
	return found
}

// secrets that must exist, and the ConfigMap of the authorities, by name and key, from the example.
var secrets = sync.OnceValue(func() map[string]map[string]string {
	content, err := os.ReadFile("secrets.example.yaml")
	if err != nil {
		panic(err)
	}
	all := map[string]map[string]string{}
	for document := range strings.SplitSeq(string(content), "\n---\n") {
		var o object
		if err := yaml.Unmarshal([]byte(document), &o); err != nil {
			panic(fmt.Sprintf("secrets.example.yaml: %v", err))
		}
		all[o.Metadata.Name] = o.StringData
		if o.Kind == "ConfigMap" {
			all[o.Metadata.Name] = o.Data
		}
	}
	return all
})

// checkVolumes looks for what volumes hold, and that files which settings name are in one.
func checkVolumes(objects []object) (found problems) {
	for _, p := range workloads(objects) {
		holds := map[string][]string{} // keys by mount path
		for _, mount := range p.template.Spec.Containers[0].VolumeMounts {
			for _, volume := range p.template.Spec.Volumes {
				switch {
				case volume.Name != mount.Name:
				case volume.Secret != nil:
					holds[mount.MountPath] = keys(secrets()[volume.Secret.SecretName])
					found.unless(len(holds[mount.MountPath]) > 0, "%s mounts the secret %s, which is not in secrets.example.yaml", p, volume.Secret.SecretName)
					found.unless(p.template.Spec.SecurityContext.FSGroup == 65532, "%s mounts a secret that it cannot read without fsGroup", p)
				case volume.PersistentVolumeClaim != nil:
					_, ok := named(objects, "PersistentVolumeClaim", volume.PersistentVolumeClaim.ClaimName)
					found.unless(ok, "%s mounts the claim %s, which is not there", p, volume.PersistentVolumeClaim.ClaimName)
					found.unless(p.template.Spec.SecurityContext.FSGroup == 65532, "%s mounts a disk that it cannot write to without fsGroup", p)
					holds[mount.MountPath] = []string{"paysim.db"}
				case volume.ConfigMap != nil:
					holds[mount.MountPath] = keys(secrets()[volume.ConfigMap.Name])
					found.unless(len(holds[mount.MountPath]) > 0, "%s mounts the ConfigMap %s, which is not in secrets.example.yaml", p, volume.ConfigMap.Name)
				}
			}
			found.unless(holds[mount.MountPath] != nil, "%s mounts the volume %s, which it does not have", p, mount.Name)
		}
		if c, ok := connectionOf(objects, p); ok && c.MutualTLSSecretRef != nil {
			found.unless(holds[certificates] == nil, "%s mounts at %s, where the controller does", p, certificates)
			holds[certificates] = keys(secrets()[c.MutualTLSSecretRef.Name])
			found.unless(len(holds[certificates]) > 0, "%s gets the secret %s, which is not in secrets.example.yaml", p, c.MutualTLSSecretRef.Name)
		}
		given, _ := variables(objects, p)
		for _, name := range keys(given) {
			if value := given[name].value; strings.HasPrefix(value, "/") {
				found.unless(slices.Contains(holds[filepath.Dir(value)], filepath.Base(value)), "%s: %s names %s, which no volume holds", p, name, value)
			}
		}
	}
	return found
}

func TestTheSecretsExampleHasNothingThatNobodyNeeds(t *testing.T) {
	needPrograms(t)
	needed := map[string]bool{}
	for _, v := range variants(t) {
		for _, o := range v.objects {
			for _, match := range regexp.MustCompile(`"(?:name|secretName)":"([a-z-]+)"`).FindAllStringSubmatch(string(o.raw), -1) {
				needed[match[1]] = true
			}
		}
	}
	for name, values := range secrets() {
		require.True(t, needed[name], "nobody needs %s of secrets.example.yaml", name)
		for key, value := range values {
			require.Contains(t, value, "CHANGE-ME", "%s of %s in secrets.example.yaml must not look like a real one", key, name)
		}
	}
}

// The base alone lacks what only the operator knows, and nothing else.
func TestTheBaseLacksOnlyWhatREADMESays(t *testing.T) {
	needPrograms(t)
	lacks := map[string]bool{}
	for _, problem := range checkEnvironment(render(t, manifests(t), "/base")) {
		match := regexp.MustCompile(` must get ([A-Z_]+)`).FindStringSubmatch(problem)
		require.NotNil(t, match, problem)
		lacks[match[1]] = true
	}
	require.Equal(t, []string{"OIDC_ISSUER", "TEMPORAL_ADDRESS"}, keys(lacks))
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	for name := range lacks {
		require.Contains(t, string(readme), "| `"+name+"` |", "the table of what an overlay must give")
	}
}

func duration(text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil {
		panic(err)
	}
	return d
}

// quantity of memory in bytes, as Kubernetes (Mi) and Go (MiB) write it; 0 for none.
func quantity(value any) int {
	text := strings.TrimSuffix(fmt.Sprint(value), "B")
	number, ok := strings.CutSuffix(text, "Mi")
	if !ok {
		return 0
	}
	n, err := strconv.Atoi(number)
	if err != nil {
		panic(err)
	}
	return n << 20
}
