// Package kubernetes_test checks the Kubernetes manifests of this folder without a cluster: each
// overlay, and each combination of the components, is rendered as `kubectl apply -k` does, checked
// against the schemas of Kubernetes, and read with the question whether the programs, which are
// asked for their settings, could live with it.
package kubernetes_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// variant is one way to deploy.
type variant struct {
	name    string
	folder  string
	objects []object
}

// combination of components, on the settings of the production overlay.
type combination struct {
	name       string
	components []string
}

// combinations that README.md allows, in the order that it asks for.
func combinations() []combination {
	var all []combination
	for _, temporal := range [][]string{{"setup", "temporal-mtls"}, {"temporal-cloud"}} {
		for _, tracing := range []string{"", "tracing"} {
			for _, scaling := range []string{"", "keda", "worker-controller"} {
				components := slices.Concat([]string{"grpc-tls", tracing, scaling}, temporal)
				components = slices.DeleteFunc(components, func(name string) bool { return name == "" })
				all = append(all, combination{strings.Join(components, "_"), components})
			}
		}
	}
	all = append(all, combination{"redis", []string{"grpc-tls", "redis", "setup", "temporal-mtls"}})
	return append(all, combination{"paysim", []string{"grpc-tls", "paysim", "setup", "temporal-mtls"}})
}

// manifests is a copy of this folder, to which variants are added.
func manifests(t testing.TB) filesys.FileSystem {
	t.Helper()
	files := filesys.MakeFsInMemory()
	require.NoError(t, fs.WalkDir(os.DirFS("."), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".yaml") && !strings.HasSuffix(name, ".json") {
			return err
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		return files.WriteFile(path.Join("/", name), content)
	}))
	return files
}

// variants are the overlays as they are, and the combinations; rendered once, and not to be
// changed.
func variants(t testing.TB) []variant {
	t.Helper()
	once.Do(func() { rendered = renderAll(t) })
	require.NotEmpty(t, rendered, "the first test could not render them")
	return rendered
}

var (
	once     sync.Once
	rendered []variant
)

func renderAll(t testing.TB) []variant {
	t.Helper()
	files := manifests(t)
	var all []variant
	for _, overlay := range overlays(t) {
		folder := "/overlays/" + overlay
		all = append(all, variant{overlay, folder, render(t, files, folder)})
	}
	for _, c := range combinations() {
		folder := combine(t, files, c)
		all = append(all, variant{c.name, folder, render(t, files, folder)})
	}
	return all
}

func overlays(t testing.TB) []string {
	t.Helper()
	entries, err := os.ReadDir("overlays")
	require.NoError(t, err)
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

// combine writes the production overlay with other components.
func combine(t testing.TB, files filesys.FileSystem, c combination) (folder string) {
	t.Helper()
	folder = "/overlays/" + c.name
	content, err := files.ReadFile("/overlays/production/kustomization.yaml")
	require.NoError(t, err)
	var kustomization map[string]any
	require.NoError(t, yaml.Unmarshal(content, &kustomization))
	var components []string
	for _, name := range c.components {
		components = append(components, "../../components/"+name)
	}
	kustomization["components"] = components
	content, err = yaml.Marshal(kustomization)
	require.NoError(t, err)
	require.NoError(t, files.WriteFile(folder+"/kustomization.yaml", content))
	content, err = files.ReadFile("/overlays/production/namespace.yaml")
	require.NoError(t, err)
	require.NoError(t, files.WriteFile(folder+"/namespace.yaml", content))
	return folder
}

func render(t testing.TB, files filesys.FileSystem, folder string) []object {
	t.Helper()
	rendered, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(files, folder)
	require.NoError(t, err, "kustomize %s", folder)
	var objects []object
	for _, resource := range rendered.Resources() {
		content, err := resource.MarshalJSON()
		require.NoError(t, err)
		objects = append(objects, parse(t, content))
	}
	return objects
}

// object is a rendered manifest, as text and in the parts that the checks read.
type object struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name      string            `json:"name"`
		Namespace string            `json:"namespace"`
		Labels    map[string]string `json:"labels"`
	} `json:"metadata"`
	Data       map[string]string `json:"data"`
	StringData map[string]string `json:"stringData"`
	Spec       json.RawMessage   `json:"spec"`

	raw []byte
}

func parse(t testing.TB, content []byte) object {
	t.Helper()
	o := object{raw: content}
	require.NoError(t, json.Unmarshal(content, &o), "%s", content)
	if o.Kind == "Secret" {
		for name, value := range o.Data {
			decoded, err := base64.StdEncoding.DecodeString(value)
			require.NoError(t, err, "%s of %s", name, o)
			o.Data[name] = string(decoded)
		}
	}
	return o
}

func (o object) String() string { return o.Kind + " " + o.Metadata.Name }

// spec of an object as a T.
func spec[T any](o object) T {
	var s T
	if err := json.Unmarshal(o.Spec, &s); err != nil {
		panic(fmt.Sprintf("the spec of %s: %v", o, err))
	}
	return s
}

// ofKind are the objects of a kind.
func ofKind(objects []object, kind string) []object {
	return slices.DeleteFunc(slices.Clone(objects), func(o object) bool { return o.Kind != kind })
}

func named(objects []object, kind, name string) (object, bool) {
	for _, o := range objects {
		if o.Kind == kind && o.Metadata.Name == name {
			return o, true
		}
	}
	return object{}, false
}

// selector of labels.
type selector struct {
	MatchLabels      map[string]string `json:"matchLabels"`
	MatchExpressions []struct {
		Key      string   `json:"key"`
		Operator string   `json:"operator"`
		Values   []string `json:"values"`
	} `json:"matchExpressions"`
}

func (s selector) matches(labels map[string]string) bool {
	for key, value := range s.MatchLabels {
		if labels[key] != value {
			return false
		}
	}
	for _, e := range s.MatchExpressions {
		if e.Operator != "In" {
			panic("the checks do not know the operator " + e.Operator)
		}
		if !slices.Contains(e.Values, labels[e.Key]) {
			return false
		}
	}
	return true
}

// pods are what a workload runs.
type pods struct {
	object
	template podTemplate
	selector selector
	replicas *int
}

type podTemplate struct {
	Metadata struct {
		Labels      map[string]string `json:"labels"`
		Annotations map[string]string `json:"annotations"`
	} `json:"metadata"`
	Spec struct {
		ServiceAccountName            string `json:"serviceAccountName"`
		AutomountServiceAccountToken  *bool  `json:"automountServiceAccountToken"`
		EnableServiceLinks            *bool  `json:"enableServiceLinks"`
		TerminationGracePeriodSeconds int    `json:"terminationGracePeriodSeconds"`
		SecurityContext               struct {
			RunAsNonRoot   bool  `json:"runAsNonRoot"`
			RunAsUser      int   `json:"runAsUser"`
			FSGroup        int   `json:"fsGroup"`
			SeccompProfile typed `json:"seccompProfile"`
		} `json:"securityContext"`
		TopologySpreadConstraints []struct {
			LabelSelector selector `json:"labelSelector"`
		} `json:"topologySpreadConstraints"`
		Volumes    []volume    `json:"volumes"`
		Containers []container `json:"containers"`
	} `json:"spec"`
}

type volume struct {
	Name   string `json:"name"`
	Secret *struct {
		SecretName string `json:"secretName"`
	} `json:"secret"`
	ConfigMap *struct {
		Name string `json:"name"`
	} `json:"configMap"`
	PersistentVolumeClaim *struct {
		ClaimName string `json:"claimName"`
	} `json:"persistentVolumeClaim"`
}

type volumeMount struct {
	Name      string `json:"name"`
	MountPath string `json:"mountPath"`
}

type typed struct {
	Type string `json:"type"`
}

type container struct {
	Name            string   `json:"name"`
	Image           string   `json:"image"`
	Args            []string `json:"args"`
	SecurityContext struct {
		AllowPrivilegeEscalation *bool `json:"allowPrivilegeEscalation"`
		ReadOnlyRootFilesystem   bool  `json:"readOnlyRootFilesystem"`
		Capabilities             struct {
			Drop []string `json:"drop"`
			Add  []string `json:"add"`
		} `json:"capabilities"`
	} `json:"securityContext"`
	EnvFrom []struct {
		ConfigMapRef *reference `json:"configMapRef"`
		SecretRef    *reference `json:"secretRef"`
	} `json:"envFrom"`
	Env []struct {
		Name      string `json:"name"`
		Value     string `json:"value"`
		ValueFrom *struct {
			SecretKeyRef    *reference `json:"secretKeyRef"`
			ConfigMapKeyRef *reference `json:"configMapKeyRef"`
		} `json:"valueFrom"`
	} `json:"env"`
	VolumeMounts []volumeMount `json:"volumeMounts"`
	Ports        []struct {
		Name          string `json:"name"`
		ContainerPort int    `json:"containerPort"`
	} `json:"ports"`
	StartupProbe   *probe `json:"startupProbe"`
	LivenessProbe  *probe `json:"livenessProbe"`
	ReadinessProbe *probe `json:"readinessProbe"`
	Lifecycle      struct {
		PreStop struct {
			Sleep struct {
				Seconds int `json:"seconds"`
			} `json:"sleep"`
		} `json:"preStop"`
	} `json:"lifecycle"`
	Resources struct {
		Requests map[string]any `json:"requests"`
		Limits   map[string]any `json:"limits"`
	} `json:"resources"`
}

type reference struct {
	Name string `json:"name"`
	Key  string `json:"key"`
}

type probe struct {
	HTTPGet struct {
		Path string `json:"path"`
		Port any    `json:"port"`
	} `json:"httpGet"`
	PeriodSeconds    int `json:"periodSeconds"`
	TimeoutSeconds   int `json:"timeoutSeconds"`
	FailureThreshold int `json:"failureThreshold"`
}

// workloads are all that run pods.
func workloads(objects []object) []pods {
	var all []pods
	for _, o := range objects {
		switch o.Kind {
		case "Deployment", "Job", "WorkerDeployment":
			s := spec[struct {
				Template podTemplate `json:"template"`
				Selector selector    `json:"selector"`
				Replicas *int        `json:"replicas"`
			}](o)
			all = append(all, pods{o, s.Template, s.Selector, s.Replicas})
		}
	}
	return all
}

func (p pods) labels() map[string]string { return p.template.Metadata.Labels }

// program is the name of what runs: our images are called as the programs.
func (p pods) program() string {
	image := p.template.Spec.Containers[0].Image
	name := image[strings.LastIndex(image, "/")+1:]
	name, _, _ = strings.Cut(name, "@")
	name, _, _ = strings.Cut(name, ":")
	return name
}

// serves tells whether pods run until they are stopped.
func (p pods) serves() bool { return p.Kind != "Job" }

// simulated tells whether it is the payment provider simulator, which is one pod with one port and
// its books in a file.
func (p pods) simulated() bool { return p.program() == "paysim" }

func (p pods) port(name string) int {
	for _, port := range p.template.Spec.Containers[0].Ports {
		if port.Name == name {
			return port.ContainerPort
		}
	}
	return 0
}

// problems are what a check has found; the zero value is ready.
type problems []string

func (p *problems) add(format string, args ...any) { *p = append(*p, fmt.Sprintf(format, args...)) }

// unless adds a problem when something is not so.
func (p *problems) unless(ok bool, format string, args ...any) {
	if !ok {
		p.add(format, args...)
	}
}

func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
