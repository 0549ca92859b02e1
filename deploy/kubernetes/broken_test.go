package kubernetes_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// breakage is one thing made wrong in manifests that are sound, which a check must find.
type breakage struct {
	name string
	// in the variant, of the object "Kind name".
	in, of string
	// at the path, names and indexes with slashes between, to be this; nil takes it away. In a list
	// a name is of the element that has it.
	at string
	to any
	// check that finds it, and a part of what it says.
	check, says string
}

// everything is a variant with as much in it as fits together.
const (
	everything = "grpc-tls_tracing_keda_temporal-cloud"
	controlled = "grpc-tls_tracing_worker-controller_temporal-cloud"
	plain      = "grpc-tls_setup_temporal-mtls"
)

const (
	container0 = "spec/template/spec/containers/0"
	podSpec    = "spec/template/spec"
)

var breakages = []breakage{
	{"a field that does not exist", plain, "Deployment orders", "spec/replica", 3, "schemas", "additional properties 'replica'"},
	{"a number that is text", plain, "Service orders", "spec/ports/0/port", "8080", "schemas", "Service orders is not valid"},
	{"an autoscaler without a maximum", plain, "HorizontalPodAutoscaler worker", "spec/maxReplicas", nil, "schemas", "missing property 'maxReplicas'"},
	{"a strategy that the controller does not have", controlled, "WorkerDeployment worker", "spec/rollout/strategy", "Canary", "schemas", "WorkerDeployment worker is not valid"},
	{"a progressive rollout without steps", controlled, "WorkerDeployment worker", "spec/rollout/steps", nil, "schemas", "missing property 'steps'"},
	{"a step back", controlled, "WorkerDeployment worker", "spec/rollout/steps/1/rampPercentage", 4, "schemas", "must be more than the 5%"},
	{"a pause that is too short", controlled, "WorkerDeployment worker", "spec/rollout/steps/1/pauseDuration", "10s", "schemas", "below the least of 30s"},
	{"a gate that no worker has", controlled, "WorkerDeployment worker", "spec/rollout/gate/workflowType", "Probe", "schemas", "the gate must be one of"},
	{"a field of the old name", controlled, "WorkerResourceTemplate worker", "spec/temporalWorkerDeploymentRef", map[string]any{"name": "worker"}, "schemas", "additional properties"},
	{"a target that the controller would refuse", controlled, "WorkerResourceTemplate worker", "spec/template/spec/scaleTargetRef/name", "worker", "schemas", "must leave scaleTargetRef"},
	{"a template that is no autoscaler", controlled, "WorkerResourceTemplate worker", "spec/template/spec/maxPods", 4, "schemas", "what WorkerResourceTemplate worker makes"},
	{"a trigger without its metadata", everything, "ScaledObject worker", "spec/triggers/0/metadata", nil, "schemas", "missing property 'metadata'"},

	{"a misspelt variable", plain, "Deployment orders", container0 + "/env/CATALOG_GRPC_ADDR/name", "CATALOG_GRPC_ADRESS", "environment", "gets CATALOG_GRPC_ADRESS, which orders does not know"},
	{"an address that is left at this host", plain, "Deployment orders", container0 + "/env/CATALOG_GRPC_ADDR/name", "GOMEMLIMIT", "environment", "must get CATALOG_GRPC_ADDR"},
	{"a required variable that is missing", plain, "Deployment catalog", container0 + "/env/DATABASE_URL", nil, "environment", "must get DATABASE_URL"},
	{"a secret in plain sight", plain, "Deployment catalog", container0 + "/env/DATABASE_URL", map[string]any{"name": "DATABASE_URL", "value": "postgres://"}, "environment", "in plain sight"},
	{"an empty value", plain, "Deployment worker", container0 + "/env/OIDC_CLIENT_ID/value", "", "environment", "gets an empty OIDC_CLIENT_ID"},
	{"a ConfigMap that is not there", plain, "Deployment orders", container0 + "/envFrom/0/configMapRef/name", "settings", "environment", "the ConfigMap settings, which is not there"},
	{"a secret that nobody is told of", plain, "Deployment orders", container0 + "/env/DATABASE_URL/valueFrom/secretKeyRef/name", "orders-database", "environment", "of the secret orders-database is neither there"},
	{"a key that nobody is told of", plain, "Deployment orders", container0 + "/env/DATABASE_URL/valueFrom/secretKeyRef/key", "URL", "environment", "the key URL"},
	{"a limit of Go's above the kernel's", plain, "Deployment orders", container0 + "/resources/limits/memory", "512Mi", "environment", "must be below the memory limit"},
	{"what the controller gives, given twice", controlled, "WorkerDeployment worker", container0 + "/env/0", map[string]any{"name": "TEMPORAL_ADDRESS", "value": "temporal:7233"}, "environment", "which is the controller's to give"},
	{"a worker without a connection", controlled, "WorkerDeployment worker", "spec/workerOptions/connectionRef/name", "cloud", "environment", "must get TEMPORAL_ADDRESS"},

	{"an http issuer in production", "trial", "ConfigMap ordersaga-settings", "data/ORDERSAGA_ENV", "production", "values", "OIDC_ISSUER must be an https URL"},
	{"calls in plain text", plain, "Deployment orders", container0 + "/env/GRPC_TLS_CA", nil, "values", "CATALOG_GRPC_ADDR is called in plain text"},
	{"a door for plain text", plain, "Deployment catalog", container0 + "/env/GRPC_TLS_CERT/name", "GOGC", "values", "GRPC_TLS_CERT and GRPC_TLS_KEY must be set"},
	{"Temporal in plain text", plain, "ConfigMap temporal-settings", "data/TEMPORAL_TLS", "false", "values", "TEMPORAL_ADDRESS is called in plain text"},
	{"a value out of bounds", plain, "ConfigMap inventory-settings", "data/HOLD_SWEEP_INTERVAL", "1h", "values", "HOLD_SWEEP_INTERVAL must be between"},
	{"a value that is no number", plain, "ConfigMap worker-settings", "data/WORKER_CONCURRENCY", "many", "values", "WORKER_CONCURRENCY"},

	{"a certificate that no volume holds", everything, "Deployment orders", podSpec + "/volumes/grpc-tls/secret/secretName", "tls", "volumes", "mounts the secret tls"},
	{"a file in another folder", everything, "Deployment worker", container0 + "/volumeMounts/grpc-ca/mountPath", "/etc/ca", "volumes", "GRPC_TLS_CA names /etc/ordersaga/grpc-ca/ca.crt"},
	{"a key that the program cannot read", everything, "Deployment orders", podSpec + "/securityContext/fsGroup", nil, "volumes", "cannot read without fsGroup"},
	{"books on a disk that is not there", "trial", "Deployment paysim", podSpec + "/volumes/0/persistentVolumeClaim/claimName", "books", "volumes", "mounts the claim books"},
	{"a mount without a volume", everything, "Deployment worker", podSpec + "/volumes", nil, "volumes", "mounts the volume grpc-ca, which it does not have"},

	{"a service that leads nowhere", plain, "Service orders", "spec/selector/app.kubernetes.io~1name", "order", "services", "Service orders leads to 0 workloads"},
	{"a service that leads everywhere", plain, "Service orders", "spec/selector/app.kubernetes.io~1name", nil, "services", "not one"},
	{"a port that the pods do not have", plain, "Service orders", "spec/ports/0/targetPort", "http", "services", `leads to the port "http"`},
	{"a port of another number", plain, "Service orders-grpc", "spec/ports/0/port", 9090, "services", "grpc on port 9090"},
	{"gRPC behind one address", plain, "Service orders-grpc", "spec/clusterIP", nil, "services", "must be headless"},

	{"a port on which nobody listens", plain, "Deployment orders", container0 + "/ports/2/containerPort", 10081, "ports", "has its admin port at 10081"},
	{"a program that listens for itself", plain, "ConfigMap orders-settings", "data/HOST", "127.0.0.1", "ports", "must listen for others"},
	{"probes that nobody answers", plain, "ConfigMap ordersaga-settings", "data/ADMIN_HOST", "127.0.0.1", "ports", "must listen for others: ADMIN_HOST"},
	{"profiles for everybody", plain, "ConfigMap ordersaga-settings", "data/ADMIN_PPROF", "true", "ports", "shows its profiles"},
	{"a liveness probe that asks for readiness", plain, "Deployment orders", container0 + "/livenessProbe/httpGet/path", "/readyz", "ports", "the liveness probe of Deployment orders"},
	{"a readiness probe on the public port", plain, "Deployment orders", container0 + "/readinessProbe/httpGet/port", "rest", "ports", "the readiness probe of Deployment orders"},
	{"no startup probe", plain, "Deployment orders", container0 + "/startupProbe", nil, "ports", "has no startup probe"},
	{"a startup that cannot wait for a migration", plain, "Deployment orders", container0 + "/startupProbe/failureThreshold", 30, "ports", "while another may migrate"},
	{"a readiness probe without patience", plain, "Deployment orders", container0 + "/readinessProbe/timeoutSeconds", 1, "ports", "before the program's checks do"},
	{"metrics on another port", plain, "Deployment orders", "spec/template/metadata/annotations/prometheus.io~1port", "8080", "ports", "would not find the metrics"},

	{"pods that nobody owns", plain, "Deployment orders", "spec/selector/matchLabels/app.kubernetes.io~1name", "catalog", "selectors", "does not select its own pods"},
	{"pods that two own", plain, "Deployment orders", "spec/selector/matchLabels/app.kubernetes.io~1name", nil, "selectors", "selects the pods of others"},
	{"a service account that is not there", plain, "Deployment orders", podSpec + "/serviceAccountName", "order", "selectors", `service account "order"`},
	{"a spread by others' pods", plain, "Deployment orders", podSpec + "/topologySpreadConstraints/0/labelSelector/matchLabels/app.kubernetes.io~1name", "catalog", "selectors", "spread by pods that are not its own"},
	{"no spread over zones", plain, "Deployment orders", podSpec + "/topologySpreadConstraints/1", nil, "selectors", "not spread over hosts and zones"},

	{"an autoscaler of nobody", plain, "HorizontalPodAutoscaler worker", "spec/scaleTargetRef/name", "workers", "scaling", "which is not there"},
	{"one pod alone", plain, "HorizontalPodAutoscaler worker", "spec/minReplicas", 1, "scaling", "may be one pod alone"},
	{"more at least than at most", plain, "HorizontalPodAutoscaler worker", "spec/maxReplicas", 1, "scaling", "more pods at least"},
	{"replicas that an apply resets", plain, "Deployment orders", "spec/replicas", 2, "scaling", "sets its replicas"},
	{"a share of nothing", plain, "Deployment orders", container0 + "/resources/requests/cpu", nil, "scaling", "that it does not request"},
	{"a budget that lets nobody go", plain, "PodDisruptionBudget orders", "spec/maxUnavailable", 0, "scaling", "lets no pod go"},
	{"a budget that keeps all", plain, "PodDisruptionBudget orders", "spec/minAvailable", 2, "scaling", "keeps all of the least 2"},
	{"a budget of nobody", plain, "PodDisruptionBudget orders", "spec/selector/matchLabels/app.kubernetes.io~1name", "order", "scaling", "Deployment orders has 0 disruption budgets"},
	{"a version that may be one pod alone", controlled, "WorkerResourceTemplate worker", "spec/template/spec/minReplicas", 1, "scaling", "WorkerDeployment worker may be one pod alone"},

	{"orders that may not call catalog", plain, "NetworkPolicy to-catalog", "spec/egress", []any{}, "network", "Deployment orders may not call Deployment catalog"},
	{"catalog that may not be called", plain, "NetworkPolicy catalog-grpc", "spec/ingress/0/ports/0/port", "rest", "network", "Deployment catalog may not be called by Deployment orders"},
	{"a step that the worker may not do", plain, "Deployment worker", "spec/template/metadata/labels/ordersaga~1calls-payments", nil, "network", "Deployment worker may not call Deployment payments"},
	{"a call that nobody makes", plain, "NetworkPolicy orders-grpc", "spec/ingress/0/from/0/podSelector/matchLabels/ordersaga~1calls-orders", nil, "network", "allow catalog -> orders:grpc"},
	{"an address of nobody", plain, "Deployment orders", container0 + "/env/CATALOG_GRPC_ADDR/value", "catalogue-grpc:9081", "network", "there is no Service catalogue-grpc"},
	{"an address with another port", plain, "Deployment orders", container0 + "/env/CATALOG_GRPC_ADDR/value", "catalog-grpc:9082", "network", "has no gRPC on port 9082"},
	{"nothing denied by default", plain, "NetworkPolicy default-deny", "spec/podSelector/matchLabels/app.kubernetes.io~1part-of", "other", "network", "none denies by default"},
	{"no database", plain, "NetworkPolicy to-postgresql", "spec/egress/0/ports/0/port", 5433, "network", "may not reach what DATABASE_URL:5432 needs"},
	{"a database for those who have none", plain, "NetworkPolicy to-postgresql", "spec/podSelector/matchLabels/app.kubernetes.io~1component", nil, "network", "Deployment worker may reach port 5432"},
	{"no cache", "redis", "NetworkPolicy to-redis", "spec/egress/0/ports/0/port", 6380, "network", "may not reach what REDIS_URL:6379 needs"},
	{"no DNS", plain, "NetworkPolicy dns", "spec/egress/0/ports/0", nil, "network", "may not ask DNS"},
	{"Temporal on another port", plain, "ConfigMap temporal-settings", "data/TEMPORAL_ADDRESS", "temporal:17233", "network", "what TEMPORAL_ADDRESS:17233 needs"},
	{"REST for everybody", plain, "NetworkPolicy rest", "spec/ingress/0/from", nil, "network", "the port rest of Deployment orders must be closed to namespaces with the label somebody"},
	{"no REST", plain, "NetworkPolicy rest", "spec/ingress", []any{}, "network", "the port rest of Deployment orders must be open"},
	{"no monitoring", plain, "NetworkPolicy admin", "spec/ingress/0/ports/0/port", "metrics", "network", "the port admin of Deployment orders must be open"},
	{"payments that may not call the simulator", "trial", "NetworkPolicy paysim", "spec/ingress", []any{}, "network", "Deployment paysim may not be called by Deployment payments"},
	{"a simulator for everybody", "trial", "NetworkPolicy paysim", "spec/ingress/0/from", nil, "network", "the port rest of Deployment paysim must be closed"},
	{"an issuer that may not be asked", "trial", "NetworkPolicy to-issuer", "spec/egress/0/to/0/podSelector/matchLabels/app.kubernetes.io~1name", "keycloak", "network", "what OIDC_ISSUER:8080 needs"},
	{"no collector", everything, "NetworkPolicy to-collector", "spec/egress/0/to/0/namespaceSelector/matchLabels/kubernetes.io~1metadata.name", "tracing", "network", "what OTEL_EXPORTER_OTLP_ENDPOINT:4317 needs"},

	{"no patience with a stop", plain, "Deployment orders", podSpec + "/terminationGracePeriodSeconds", 30, "grace", "Deployment orders is killed after 30s"},
	{"a worker that may take longer", plain, "ConfigMap worker-settings", "data/WORKER_STOP_TIMEOUT", "1m", "grace", "Deployment worker is killed after 1m5s"},
	{"a stop before callers know", plain, "Deployment orders", container0 + "/lifecycle", nil, "grace", "needs a preStop pause"},

	{"root", plain, "Deployment orders", podSpec + "/securityContext/runAsNonRoot", false, "security", "not as root"},
	{"any system call", plain, "Deployment orders", podSpec + "/securityContext/seccompProfile", nil, "security", "seccomp"},
	{"a token of the cluster", plain, "Deployment orders", podSpec + "/automountServiceAccountToken", nil, "security", "a token of the cluster"},
	{"variables of services", plain, "Deployment orders", podSpec + "/enableServiceLinks", nil, "security", "variables of every service"},
	{"an image that can be written", plain, "Deployment orders", container0 + "/securityContext/readOnlyRootFilesystem", false, "security", "must not write"},
	{"privileges", plain, "Deployment orders", container0 + "/securityContext/allowPrivilegeEscalation", nil, "security", "gain privileges"},
	{"capabilities", plain, "Job setup", container0 + "/securityContext/capabilities", nil, "security", "no capabilities"},
	{"an image without a version", plain, "Deployment orders", container0 + "/image", "registry.example.com:5000/ordersaga/orders", "security", "whichever that is by then"},
	{"the latest image", plain, "Deployment orders", container0 + "/image", "ordersaga/orders:latest", "security", "whichever that is by then"},
	{"no limit of memory", plain, "Deployment orders", container0 + "/resources/limits", nil, "security", "no limit of memory"},

	{"two Temporals", everything, "ScaledObject worker", "spec/triggers/0/metadata/endpoint", "other:7233", "temporal", "one Temporal for all"},
	{"a scaler without the key", everything, "ScaledObject worker", "spec/triggers/0/authenticationRef", nil, "temporal", "in one way"},
	{"a scaler that looks elsewhere", everything, "ScaledObject worker", "spec/triggers/0/metadata/taskQueue", "sagas", "temporal", "looks at the task queue"},
	{"a scaler without the certificate", "grpc-tls_tracing_keda_setup_temporal-mtls", "ScaledObject worker", "spec/triggers/0/authenticationRef", nil, "temporal", "in one way"},
	{"a scaler in plain text", "grpc-tls_tracing_keda_setup_temporal-mtls", "ScaledObject worker", "spec/triggers/0/metadata/enableTLS", "false", "temporal", "must speak TLS"},
	{"a controller without the certificate", "grpc-tls_worker-controller_setup_temporal-mtls", "Connection temporal", "spec/mutualTLSSecretRef", nil, "temporal", "in one way"},
	{"a controller without the key", controlled, "Connection temporal", "spec/apiKeySecretRef", nil, "temporal", "in one way"},
}

func TestEachCheckFindsWhatIsBroken(t *testing.T) {
	needPrograms(t)
	all := variants(t)
	broken := map[string]bool{}
	for _, b := range breakages {
		broken[b.check] = true
		t.Run(b.check+"/"+b.name, func(t *testing.T) {
			i := slices.IndexFunc(all, func(v variant) bool { return v.name == b.in })
			require.GreaterOrEqual(t, i, 0, "the variant %s", b.in)
			found := checks[b.check](b.applied(t, all[i].objects))
			for _, problem := range found {
				if strings.Contains(problem, b.says) {
					return
				}
			}
			t.Errorf("the check must say %q; it says %q", b.says, found)
		})
	}
	require.Equal(t, keys(checks), keys(broken), "each check must be seen to find something")
}

// applied is a copy of the objects with the one thing broken.
func (b breakage) applied(t *testing.T, objects []object) []object {
	t.Helper()
	copied := slices.Clone(objects)
	kind, name, _ := strings.Cut(b.of, " ")
	i := slices.IndexFunc(copied, func(o object) bool {
		// The names of ConfigMaps have a hash of their contents.
		return o.Kind == kind && (o.Metadata.Name == name || kind == "ConfigMap" && strings.HasPrefix(o.Metadata.Name, name+"-"))
	})
	require.GreaterOrEqual(t, i, 0, "%s", b.of)
	var content any
	decoder := json.NewDecoder(bytes.NewReader(copied[i].raw))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&content))
	changed, err := json.Marshal(set(content, strings.Split(b.at, "/"), b.to))
	require.NoError(t, err)
	require.NotEqual(t, string(copied[i].raw), string(changed), "%s is so already", b.at)
	copied[i] = parse(t, changed)
	return copied
}

// set changes what is at a path, or takes it away.
func set(in any, path []string, to any) any {
	if len(path) == 0 {
		return to
	}
	switch in := in.(type) {
	case map[string]any:
		name := strings.ReplaceAll(path[0], "~1", "/")
		if len(path) == 1 && to == nil {
			delete(in, name)
			return in
		}
		in[name] = set(in[name], path[1:], to)
		return in
	case []any:
		i, err := strconv.Atoi(path[0])
		if err != nil { // a name
			i = slices.IndexFunc(in, func(e any) bool { element, ok := e.(map[string]any); return ok && element["name"] == path[0] })
		}
		if i < 0 || i >= len(in) {
			panic(fmt.Sprintf("%s is no place in a list of %d", path[0], len(in)))
		}
		if len(path) == 1 && to == nil {
			return slices.Delete(in, i, i+1)
		}
		in[i] = set(in[i], path[1:], to)
		return in
	}
	panic(fmt.Sprintf("there is nothing at %s", strings.Join(path, "/")))
}
