package kubernetes_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// checkServices asks whether each service leads to pods, by ports that they have.
func checkServices(objects []object) (found problems) {
	for _, o := range ofKind(objects, "Service") {
		s := spec[struct {
			Selector  map[string]string `json:"selector"`
			ClusterIP string            `json:"clusterIP"`
			Ports     []struct {
				Name       string `json:"name"`
				Port       int    `json:"port"`
				TargetPort string `json:"targetPort"`
			} `json:"ports"`
		}](o)
		behind := selected(objects, selector{MatchLabels: s.Selector})
		found.unless(len(behind) == 1, "%s leads to %d workloads, not one", o, len(behind))
		for _, p := range behind {
			for _, port := range s.Ports {
				actual := p.port(port.TargetPort)
				found.unless(actual != 0, "%s leads to the port %q, which %s does not have", o, port.TargetPort, p)
				// Headless, there is nothing that could translate; and one number for a port is
				// easier to remember.
				found.unless(actual == port.Port, "%s has %s on port %d, %s on %d", o, port.Name, port.Port, p, actual)
				found.unless(port.TargetPort != "grpc" || s.ClusterIP == "None", "%s of gRPC must be headless, or one pod gets all calls", o)
			}
		}
	}
	return found
}

func selected(objects []object, s selector) []pods {
	return slices.DeleteFunc(workloads(objects), func(p pods) bool { return !s.matches(p.labels()) })
}

// checkPorts compares the ports of containers with those that the programs listen on, and the
// probes with them.
func checkPorts(objects []object) (found problems) {
	for _, p := range workloads(objects) {
		if !p.serves() {
			continue
		}
		given, _ := variables(objects, p)
		number := func(name string, fallback int) int {
			s, _ := find(settings(p.program()), name)
			for _, text := range []string{given[name].value, s.Default} {
				if n, err := strconv.Atoi(text); err == nil && n != 0 {
					return n
				}
			}
			return fallback
		}
		rest := number("PORT", 0)
		expected := map[string]int{"rest": rest, "grpc": number("GRPC_PORT", rest+1000), "admin": number("ADMIN_PORT", rest+2000)}
		admin := "admin"
		switch {
		case p.program() == "worker":
			expected = map[string]int{"admin": rest}
		case p.simulated():
			expected, admin = map[string]int{"rest": rest}, "rest"
		}
		for _, name := range keys(expected) {
			found.unless(p.port(name) == expected[name], "%s has its %s port at %d; %s listens on %d", p, name, p.port(name), p.program(), expected[name])
		}
		for _, name := range []string{"HOST", "ADMIN_HOST"} {
			_, listens := find(settingsOf(p), name)
			found.unless(!listens || given[name].value == "0.0.0.0", "%s must listen for others: %s is %q", p, name, given[name].value)
		}
		found.unless(given["ADMIN_PPROF"].value == "", "%s shows its profiles to whoever reaches its admin port", p)

		c := p.template.Spec.Containers[0]
		for _, check := range []struct {
			name, path string
			probe      *probe
		}{{"startup", "/livez", c.StartupProbe}, {"liveness", "/livez", c.LivenessProbe}, {"readiness", "/readyz", c.ReadinessProbe}} {
			if check.probe == nil {
				found.add("%s has no %s probe", p, check.name)
				continue
			}
			get := check.probe.HTTPGet
			found.unless(get.Path == check.path && get.Port == admin,
				"the %s probe of %s must ask for %s on the port %s, not %s on %v", check.name, p, check.path, admin, get.Path, get.Port)
		}
		// A program waits up to five minutes for another that migrates the same database.
		if _, migrates := given["DATABASE_URL"]; migrates && c.StartupProbe != nil {
			wait := c.StartupProbe.PeriodSeconds * c.StartupProbe.FailureThreshold
			found.unless(wait > 300, "the startup probe of %s gives up after %d s, while another may migrate for 300", p, wait)
		}
		// The program bounds its own checks at 2 s.
		found.unless(c.ReadinessProbe == nil || c.ReadinessProbe.TimeoutSeconds > 2,
			"the readiness probe of %s gives up before the program's checks do", p)

		if p.simulated() {
			continue
		}
		notes := p.template.Metadata.Annotations
		found.unless(notes["prometheus.io/scrape"] == "true" && notes["prometheus.io/path"] == "/metrics" &&
			notes["prometheus.io/port"] == fmt.Sprint(expected["admin"]), "Prometheus would not find the metrics of %s: %v", p, notes)
	}
	return found
}

// checkSelectors asks whether what refers to pods or to workloads finds them.
func checkSelectors(objects []object) (found problems) {
	for _, p := range workloads(objects) {
		if p.Kind == "Deployment" {
			found.unless(len(p.selector.MatchLabels) > 0 && p.selector.matches(p.labels()), "%s does not select its own pods", p)
			found.unless(len(selected(objects, p.selector)) == 1, "%s selects the pods of others, too", p)
		}
		for _, spread := range p.template.Spec.TopologySpreadConstraints {
			found.unless(spread.LabelSelector.matches(p.labels()), "%s is spread by pods that are not its own", p)
		}
		found.unless(!p.serves() || p.simulated() || len(p.template.Spec.TopologySpreadConstraints) == 2, "%s is not spread over hosts and zones", p)
		_, ok := named(objects, "ServiceAccount", p.template.Spec.ServiceAccountName)
		found.unless(ok, "%s runs as the service account %q, which is not there", p, p.template.Spec.ServiceAccountName)
	}
	return found
}

// least and most pods that an autoscaler makes, by the kind and name of its target; and who it is.
type scaling struct {
	least, most int
	by          object
	byCPU       bool
}

func scalers(objects []object) (all map[string][]scaling) {
	all = map[string][]scaling{}
	type hpa struct {
		ScaleTargetRef struct {
			Kind string `json:"kind"`
			Name string `json:"name"`
		} `json:"scaleTargetRef"`
		MinReplicas int `json:"minReplicas"`
		MaxReplicas int `json:"maxReplicas"`
	}
	for _, o := range objects {
		switch o.Kind {
		case "HorizontalPodAutoscaler":
			s := spec[hpa](o)
			target := s.ScaleTargetRef.Kind + " " + s.ScaleTargetRef.Name
			all[target] = append(all[target], scaling{s.MinReplicas, s.MaxReplicas, o, true})
		case "ScaledObject":
			s := spec[struct {
				ScaleTargetRef  reference `json:"scaleTargetRef"`
				MinReplicaCount int       `json:"minReplicaCount"`
				MaxReplicaCount int       `json:"maxReplicaCount"`
			}](o)
			target := "Deployment " + s.ScaleTargetRef.Name
			all[target] = append(all[target], scaling{s.MinReplicaCount, s.MaxReplicaCount, o, false})
		case "WorkerResourceTemplate":
			s := spec[struct {
				WorkerDeploymentRef reference `json:"workerDeploymentRef"`
				Template            struct {
					Spec hpa `json:"spec"`
				} `json:"template"`
			}](o)
			target := "WorkerDeployment " + s.WorkerDeploymentRef.Name
			all[target] = append(all[target], scaling{s.Template.Spec.MinReplicas, s.Template.Spec.MaxReplicas, o, true})
		}
	}
	return all
}

// checkScaling asks whether each workload has one autoscaler that can work, and a disruption budget
// that does not block drains.
func checkScaling(objects []object) (found problems) {
	all := scalers(objects)
	for _, target := range keys(all) {
		kind, name, _ := strings.Cut(target, " ")
		_, ok := named(objects, kind, name)
		found.unless(ok, "%s scales the %s, which is not there", all[target][0].by, target)
	}
	for _, p := range workloads(objects) {
		if !p.serves() || p.simulated() {
			continue
		}
		mine := all[p.String()]
		if len(mine) != 1 {
			found.add("%s has %d autoscalers, not one", p, len(mine))
			continue
		}
		found.unless(mine[0].least >= 2, "%s may be one pod alone", p)
		found.unless(mine[0].most >= mine[0].least, "%s has more pods at least than at most", p)
		found.unless(p.replicas == nil, "%s sets its replicas, which an apply would reset", p)
		requests := p.template.Spec.Containers[0].Resources.Requests
		found.unless(!mine[0].byCPU || requests["cpu"] != nil, "%s is scaled by its share of the CPU that it does not request", p)

		budgets := 0
		for _, o := range ofKind(objects, "PodDisruptionBudget") {
			b := spec[struct {
				MinAvailable   *int     `json:"minAvailable"`
				MaxUnavailable *int     `json:"maxUnavailable"`
				Selector       selector `json:"selector"`
			}](o)
			if !b.Selector.matches(p.labels()) {
				continue
			}
			budgets++
			found.unless(b.MaxUnavailable == nil || *b.MaxUnavailable >= 1, "%s lets no pod go: a node could not be drained", o)
			found.unless(b.MinAvailable == nil || *b.MinAvailable < mine[0].least,
				"%s keeps all of the least %d pods: a node could not be drained", o, mine[0].least)
		}
		found.unless(budgets == 1, "%s has %d disruption budgets, not one", p, budgets)
	}
	for _, o := range ofKind(objects, "PodDisruptionBudget") {
		s := spec[struct {
			Selector selector `json:"selector"`
		}](o).Selector
		found.unless(len(selected(objects, s)) == 1, "%s is for %d workloads, not one", o, len(selected(objects, s)))
	}
	return found
}

// checkSecurity asks for what the "restricted" pod security standard asks for, and some more.
func checkSecurity(objects []object) (found problems) {
	for _, p := range workloads(objects) {
		s := p.template.Spec
		found.unless(s.SecurityContext.RunAsNonRoot && s.SecurityContext.RunAsUser == 65532, "%s must run as the user 65532, not as root", p)
		found.unless(s.SecurityContext.SeccompProfile.Type == "RuntimeDefault", "%s must have the seccomp profile RuntimeDefault", p)
		found.unless(s.AutomountServiceAccountToken != nil && !*s.AutomountServiceAccountToken, "%s must not mount a token of the cluster", p)
		found.unless(s.EnableServiceLinks != nil && !*s.EnableServiceLinks, "%s must not get variables of every service", p)
		found.unless(len(s.Containers) == 1, "%s has %d containers; the checks read one", p, len(s.Containers))
		for _, c := range s.Containers {
			sc := c.SecurityContext
			found.unless(sc.ReadOnlyRootFilesystem, "%s must not write into its image", p)
			found.unless(sc.AllowPrivilegeEscalation != nil && !*sc.AllowPrivilegeEscalation, "%s must not gain privileges", p)
			found.unless(slices.Equal(sc.Capabilities.Drop, []string{"ALL"}) && len(sc.Capabilities.Add) == 0, "%s must have no capabilities", p)
			image := c.Image[strings.LastIndex(c.Image, "/")+1:]
			_, tag, tagged := strings.Cut(image, ":")
			found.unless(strings.Contains(image, "@sha256:") || tagged && tag != "latest", "%s runs %s, whichever that is by then", p, c.Image)
			for _, name := range []string{"cpu", "memory"} {
				found.unless(c.Resources.Requests[name] != nil, "%s requests no %s", p, name)
			}
			found.unless(quantity(c.Resources.Limits["memory"]) > 0, "%s has no limit of memory", p)
		}
	}
	return found
}

// checkTemporal asks whether all that talk to Temporal do it alike.
func checkTemporal(objects []object) (found problems) {
	type client struct{ address, namespace string }
	clients := map[client][]string{}
	credentials := map[string][]string{}
	for _, p := range workloads(objects) {
		given, _ := variables(objects, p)
		address, ok := given["TEMPORAL_ADDRESS"]
		if !ok || !p.serves() {
			continue
		}
		c := client{address.value, given["TEMPORAL_NAMESPACE"].value}
		clients[c] = append(clients[c], p.String())
		credential := "none"
		if _, ok := given["TEMPORAL_API_KEY"]; ok {
			credential = "an API key"
		} else if _, ok := given["TEMPORAL_TLS_CLIENT_KEY_PATH"]; ok {
			credential = "a certificate"
		}
		credentials[credential] = append(credentials[credential], p.String())
	}
	for _, o := range ofKind(objects, "ScaledObject") {
		for _, trigger := range spec[struct {
			Triggers []struct {
				Type              string            `json:"type"`
				Metadata          map[string]string `json:"metadata"`
				AuthenticationRef *reference        `json:"authenticationRef"`
			} `json:"triggers"`
		}](o).Triggers {
			c := client{trigger.Metadata["endpoint"], trigger.Metadata["namespace"]}
			clients[c] = append(clients[c], o.String())
			credential := "none"
			if trigger.AuthenticationRef != nil {
				if auth, ok := named(objects, "TriggerAuthentication", trigger.AuthenticationRef.Name); ok {
					switch text := string(auth.Spec); {
					case strings.Contains(text, "TEMPORAL_API_KEY"):
						credential = "an API key"
					case strings.Contains(text, "tls.key"):
						credential = "a certificate"
					}
				}
			}
			credentials[credential] = append(credentials[credential], o.String())
			queue, _ := find(settings("worker"), "TEMPORAL_TASK_QUEUE")
			found.unless(trigger.Metadata["taskQueue"] == queue.Default,
				"%s looks at the task queue %q, workers poll %q", o, trigger.Metadata["taskQueue"], queue.Default)
			found.unless(trigger.Metadata["enableTLS"] == fmt.Sprint(credential != "none"), "%s must speak TLS where there is an API key or a certificate, and only there", o)
		}
	}
	found.unless(len(clients) == 1, "there must be one Temporal for all: %v", clients)
	found.unless(len(credentials) == 1, "the clients of Temporal must prove themselves in one way: %v", credentials)
	return found
}
