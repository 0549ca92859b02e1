package kubernetes_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// checks are all that is asked of a way to deploy, by what is asked.
var checks = map[string]func([]object) problems{
	"schemas":     checkSchemas,
	"environment": checkEnvironment,
	"values":      checkValues,
	"volumes":     checkVolumes,
	"services":    checkServices,
	"ports":       checkPorts,
	"selectors":   checkSelectors,
	"scaling":     checkScaling,
	"network":     checkNetwork,
	"grace":       checkGrace,
	"security":    checkSecurity,
	"temporal":    checkTemporal,
}

func TestEveryWayToDeployIsSound(t *testing.T) {
	needPrograms(t)
	for _, v := range variants(t) {
		t.Run(v.name, func(t *testing.T) {
			require.NotEmpty(t, workloads(v.objects))
			for _, name := range keys(checks) {
				for _, problem := range checks[name](v.objects) {
					t.Errorf("%s: %s", name, problem)
				}
			}
		})
	}
}

// A tag can be made to mean another image after it was looked at.
func TestProductionRunsImagesByDigest(t *testing.T) {
	files := manifests(t)
	for _, overlay := range []string{"production", "worker-controller"} {
		pods := workloads(render(t, files, "/overlays/"+overlay))
		require.NotEmpty(t, pods)
		for _, p := range pods {
			for _, c := range p.template.Spec.Containers {
				assert.Regexp(t, `@sha256:[0-9a-f]{64}$`, c.Image, "%s of %s", p, overlay)
			}
		}
	}
}

func TestTheBaseIsValid(t *testing.T) {
	for _, problem := range checkSchemas(render(t, manifests(t), "/base")) {
		t.Error(problem)
	}
}

// What the base leaves open is for overlays to say; it belongs to no namespace.
func TestTheBaseHasNoNamespaceAndNoSecret(t *testing.T) {
	for _, o := range render(t, manifests(t), "/base") {
		assert.Empty(t, o.Metadata.Namespace, "%s", o)
		assert.NotContains(t, []string{"Namespace", "Secret"}, o.Kind, "%s", o)
	}
}

// The worker of the controller is the plain one, and the plain one is gone.
func TestTheControllerGetsThePodsOfThePlainWorker(t *testing.T) {
	files := manifests(t)
	plain, ok := named(render(t, files, "/overlays/production"), "Deployment", "worker")
	require.True(t, ok)
	objects := render(t, files, "/overlays/worker-controller")
	_, ok = named(objects, "Deployment", "worker")
	require.False(t, ok, "two kinds of workers would poll the same task queue")
	versioned, ok := named(objects, "WorkerDeployment", "worker")
	require.True(t, ok)
	a, b := workloads([]object{plain})[0].template, workloads([]object{versioned})[0].template
	// All but where Temporal is and our certificate for it, which are the controller's to give.
	envFrom := a.Spec.Containers[0].EnvFrom
	require.True(t, strings.HasPrefix(envFrom[2].ConfigMapRef.Name, "temporal-settings"))
	a.Spec.Containers[0].EnvFrom = envFrom[:2]
	notTemporals := func(name string) bool { return name == "temporal-tls" }
	a.Spec.Volumes = slices.DeleteFunc(a.Spec.Volumes, func(v volume) bool { return notTemporals(v.Name) })
	mounts := a.Spec.Containers[0].VolumeMounts
	a.Spec.Containers[0].VolumeMounts = slices.DeleteFunc(mounts, func(m volumeMount) bool { return notTemporals(m.Name) })
	env := b.Spec.Containers[0].Env
	require.Equal(t, "TEMPORAL_TLS_SERVER_CA_CERT_PATH", env[len(env)-1].Name)
	b.Spec.Containers[0].Env = env[:len(env)-1]
	require.Equal(t, a, b)
}
