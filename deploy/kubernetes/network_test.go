package kubernetes_test

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// policy is a NetworkPolicy.
type policy struct {
	object
	PodSelector selector `json:"podSelector"`
	PolicyTypes []string `json:"policyTypes"`
	Ingress     []rule   `json:"ingress"`
	Egress      []rule   `json:"egress"`
}

type rule struct {
	From  []peer `json:"from"`
	To    []peer `json:"to"`
	Ports []struct {
		Protocol string `json:"protocol"`
		Port     any    `json:"port"`
	} `json:"ports"`
}

type peer struct {
	PodSelector       *selector `json:"podSelector"`
	NamespaceSelector *selector `json:"namespaceSelector"`
	IPBlock           *struct {
		CIDR string `json:"cidr"`
	} `json:"ipBlock"`
}

// endpoint of a connection: pods of ours, or somebody in a namespace with labels, or anybody
// elsewhere.
type endpoint struct {
	pods      *pods
	namespace map[string]string
}

func policies(objects []object) []policy {
	var all []policy
	for _, o := range ofKind(objects, "NetworkPolicy") {
		p := spec[policy](o)
		p.object = o
		all = append(all, p)
	}
	return all
}

// isolated tells whether nothing of a direction is allowed to pods unless a policy says so.
func isolated(all []policy, p pods, direction string) bool {
	return slices.ContainsFunc(all, func(policy policy) bool {
		return slices.Contains(policy.PolicyTypes, direction) && policy.PodSelector.matches(p.labels())
	})
}

func (e endpoint) is(peers []peer) bool {
	if len(peers) == 0 { // anybody
		return true
	}
	return slices.ContainsFunc(peers, func(peer peer) bool {
		switch {
		case peer.IPBlock != nil:
			return false
		case peer.NamespaceSelector != nil:
			return e.namespace != nil && peer.PodSelector == nil && peer.NamespaceSelector.matches(e.namespace)
		default:
			return e.pods != nil && peer.PodSelector.matches(e.pods.labels())
		}
	})
}

// opens tells whether the ports of a rule have one; a name is a name of the pods that are called.
func (r rule) opens(port int, protocol string, called *pods) bool {
	if len(r.Ports) == 0 {
		return true
	}
	for _, p := range r.Ports {
		if p.Protocol == "" {
			p.Protocol = "TCP"
		}
		if p.Protocol != protocol {
			continue
		}
		switch open := p.Port.(type) {
		case float64:
			if int(open) == port {
				return true
			}
		case string:
			if called != nil && len(called.template.Spec.Containers) > 0 && called.port(open) == port {
				return true
			}
		}
	}
	return false
}

func mayLeave(all []policy, from pods, to endpoint, port int, protocol string) bool {
	if !isolated(all, from, "Egress") {
		return true
	}
	for _, policy := range all {
		if !policy.PodSelector.matches(from.labels()) {
			continue
		}
		for _, r := range policy.Egress {
			if to.is(r.To) && r.opens(port, protocol, to.pods) {
				return true
			}
		}
	}
	return false
}

func mayEnter(all []policy, from endpoint, to pods, port int) bool {
	if !isolated(all, to, "Ingress") {
		return true
	}
	for _, policy := range all {
		if !policy.PodSelector.matches(to.labels()) {
			continue
		}
		for _, r := range policy.Ingress {
			if from.is(r.From) && r.opens(port, "TCP", &to) {
				return true
			}
		}
	}
	return false
}

// away is an address that is not one of our programs'.
type away struct {
	port int
	who  endpoint
}

// checkNetwork follows each address in the environment and asks whether the policies let the pods
// through, and whether they let anything else through.
func checkNetwork(objects []object) (found problems) {
	all := policies(objects)
	running := workloads(objects)
	wanted := map[string]bool{} // "worker -> orders:grpc"
	for _, p := range running {
		// Any policy for a pod isolates it; one that allows nothing does so also when the others
		// are taken away.
		denied := slices.ContainsFunc(all, func(policy policy) bool {
			return policy.PodSelector.matches(p.labels()) && len(policy.PolicyTypes) == 2 && len(policy.Ingress)+len(policy.Egress) == 0
		})
		found.unless(denied, "%s is open to everybody when no policy speaks of it: none denies by default", p)
		given, _ := variables(objects, p)
		needs := map[string]away{}
		for _, name := range keys(given) {
			value := given[name].value
			if strings.HasSuffix(name, "_GRPC_ADDR") {
				called, port, err := service(objects, value)
				if err != nil {
					found.add("%s: %s=%s: %v", p, name, value, err)
					continue
				}
				wanted[p.Metadata.Name+" -> "+called.Metadata.Name+":grpc"] = true
				found.unless(mayLeave(all, p, endpoint{pods: &called}, port, "TCP"), "%s may not call %s (%s=%s)", p, called, name, value)
				found.unless(mayEnter(all, endpoint{pods: &p}, called, port), "%s may not be called by %s (%s=%s)", called, p, name, value)
				continue
			}
			if simulator, ok := simulatorFor(name, running); ok {
				port := simulator.port("rest")
				wanted[p.Metadata.Name+" -> "+simulator.Metadata.Name+":rest"] = true
				found.unless(mayLeave(all, p, endpoint{pods: &simulator}, port, "TCP"), "%s may not call %s (%s)", p, simulator, name)
				found.unless(mayEnter(all, endpoint{pods: &p}, simulator, port), "%s may not be called by %s (%s)", simulator, p, name)
				continue
			}
			for _, port := range ports(name, value) {
				needs[fmt.Sprintf("%s:%d", name, port)] = away{port, whose(name, value)}
			}
		}
		for _, what := range keys(needs) {
			found.unless(mayLeave(all, p, needs[what].who, needs[what].port, "TCP"), "%s may not reach what %s needs", p, what)
		}
		found.unless(mayLeave(all, p, endpoint{namespace: map[string]string{"kubernetes.io/metadata.name": "kube-system"}}, 53, "UDP"), "%s may not ask DNS", p)
		for _, port := range []int{22, 80, 443, 4317, 5432, 5671, 5672, 6379, 6443, 7233, 15672, 27017} {
			needed := false
			for _, n := range needs {
				needed = needed || n.port == port
			}
			found.unless(needed || !mayLeave(all, p, endpoint{}, port, "TCP"),
				"%s may reach port %d of everybody and needs it for nothing", p, port)
		}
		if !p.serves() {
			continue
		}
		// From other namespaces: ingress to REST, the monitoring to the admin port, and nobody else
		// to anything.
		for label, open := range map[string]string{"ordersaga/rest": "rest", "ordersaga/admin": "admin", "somebody": ""} {
			for _, port := range p.template.Spec.Containers[0].Ports {
				open := open
				if p.simulated() {
					open = "" // payments alone
				}
				may := mayEnter(all, endpoint{namespace: map[string]string{label: "allowed"}}, p, port.ContainerPort)
				found.unless(may == (port.Name == open), "the port %s of %s must be %s to namespaces with the label %s", port.Name, p,
					map[bool]string{true: "open", false: "closed"}[port.Name == open], label)
			}
		}
	}
	// Among ourselves: the calls that the settings speak of.
	for _, from := range running {
		for _, to := range running {
			for _, port := range to.template.Spec.Containers[0].Ports {
				flow := from.Metadata.Name + " -> " + to.Metadata.Name + ":" + port.Name
				may := mayLeave(all, from, endpoint{pods: &to}, port.ContainerPort, "TCP") || mayEnter(all, endpoint{pods: &from}, to, port.ContainerPort)
				found.unless(wanted[flow] || !may, "the policies allow %s, which no setting speaks of", flow)
			}
		}
	}
	return found
}

// simulatorFor the payment provider, where there is one.
func simulatorFor(name string, running []pods) (pods, bool) {
	i := slices.IndexFunc(running, pods.simulated)
	if name != "PAYMENT_PROVIDER_URL" || i < 0 {
		return pods{}, false
	}
	return running[i], true
}

// service finds the pods behind the address of a Service in the same namespace.
func service(objects []object, address string) (pods, int, error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return pods{}, 0, err
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return pods{}, 0, err
	}
	o, ok := named(objects, "Service", host)
	if !ok {
		return pods{}, 0, fmt.Errorf("there is no Service %s", host)
	}
	s := spec[struct {
		Selector map[string]string `json:"selector"`
		Ports    []struct {
			Name string `json:"name"`
			Port int    `json:"port"`
		} `json:"ports"`
	}](o)
	behind := selected(objects, selector{MatchLabels: s.Selector})
	for _, p := range s.Ports {
		if p.Port == port && p.Name == "grpc" && len(behind) == 1 {
			return behind[0], port, nil
		}
	}
	return pods{}, 0, fmt.Errorf("the Service %s has no gRPC on port %d", host, port)
}

// ports that a setting needs to be reached. Where it is a secret, those that its kind usually has.
func ports(name, value string) []int {
	switch name {
	case "DATABASE_URL":
		return []int{5432}
	case "MONGODB_URI":
		return []int{27017}
	case "SEARCH_URL":
		return []int{9200}
	case "AMQP_URL":
		return []int{5672, 5671}
	case "REDIS_URL":
		return []int{6379}
	case "TEMPORAL_ADDRESS":
		_, port, _ := strings.Cut(value, ":")
		return number(port)
	case "PAYMENT_PROVIDER_URL":
		return []int{443}
	case "OIDC_ISSUER", "OTEL_EXPORTER_OTLP_ENDPOINT":
		parsed, err := url.Parse(value)
		if err != nil {
			return nil
		}
		if parsed.Port() != "" {
			return number(parsed.Port())
		}
		return []int{map[string]int{"https": 443, "http": 80}[parsed.Scheme]}
	}
	return nil
}

func number(text string) []int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return nil
	}
	return []int{n}
}

// whose an address is, as far as policies can know it: NAME.NAMESPACE is of the namespace, and NAME
// is of the pods beside ours that have this name. Anybody's, otherwise.
func whose(name, value string) endpoint {
	if name != "OTEL_EXPORTER_OTLP_ENDPOINT" && name != "OIDC_ISSUER" {
		return endpoint{}
	}
	parsed, err := url.Parse(value)
	if err != nil {
		return endpoint{}
	}
	host, namespace, qualified := strings.Cut(parsed.Hostname(), ".")
	switch {
	case !qualified:
		beside := pods{}
		beside.template.Metadata.Labels = map[string]string{"app.kubernetes.io/name": host}
		return endpoint{pods: &beside}
	case strings.Contains(namespace, "."):
		return endpoint{}
	}
	return endpoint{namespace: map[string]string{"kubernetes.io/metadata.name": namespace}}
}
