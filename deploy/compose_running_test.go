package deploy_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
)

// jobs end; everything else is to run until it is stopped.
var jobs = []string{"temporal-schema", "setup", "demo"}

// unchecked services, and why.
var unchecked = map[string]string{
	"otel-collector": "its image holds the collector alone, no program that could ask it; nobody waits for it",
}

// tools that the images of the engines have, looked up in their Dockerfiles. Ours have nothing but
// the program.
var tools = map[string][]string{
	"postgres": {"pg_isready"}, "rabbitmq": {"rabbitmq-diagnostics"}, "mongodb": {"mongosh"}, "opensearch": {"curl"},
	"temporal": {"wget"}, "temporal-ui": {"wget"}, "jaeger": {"wget"}, // Alpine's busybox
	"prometheus": {"wget"}, "grafana": {"wget"}, "keycloak": {"bash"}, "redis": {"redis-cli"},
}

func healthChecks(_ testing.TB, project *types.Project, _ known) (wrong []string) {
	for _, name := range project.ServiceNames() {
		service := project.Services[name]
		if slices.Contains(jobs, name) {
			if service.Restart != "" {
				wrong = append(wrong, name+": a job that is done is restarted")
			}
			continue
		}
		if service.Restart != "unless-stopped" {
			wrong = append(wrong, name+": is not restarted when it ends")
		}
		if unchecked[name] != "" {
			continue
		}
		health := service.HealthCheck
		if health == nil || health.Disable || len(health.Test) < 2 {
			wrong = append(wrong, name+": has no health check")
			continue
		}
		tool := strings.Fields(health.Test[1])[0]
		if slices.Contains(programs, name) {
			if !slices.Equal(health.Test, []string{"CMD", "/program", "--ready"}) {
				wrong = append(wrong, fmt.Sprintf("%s: the health check is %v, not the program's own --ready", name, health.Test))
			}
		} else if !slices.Contains(tools[name], tool) {
			wrong = append(wrong, fmt.Sprintf("%s: the health check runs %s, which its image is not known to have", name, tool))
		}
		if health.Interval == nil || health.Timeout == nil || health.StartPeriod == nil {
			wrong = append(wrong, name+": the health check has no interval, timeout or start period")
		}
	}
	return wrong
}

// startOrder: who waits, waits for something that can come true.
func startOrder(_ testing.TB, project *types.Project, _ known) (wrong []string) {
	for _, name := range project.ServiceNames() {
		service := project.Services[name]
		for _, other := range sortedKeys(service.DependsOn) {
			condition := service.DependsOn[other].Condition
			job := slices.Contains(jobs, other)
			switch {
			case job && condition != types.ServiceConditionCompletedSuccessfully:
				wrong = append(wrong, fmt.Sprintf("%s: waits for the job %s by %s", name, other, condition))
			case !job && condition != types.ServiceConditionHealthy:
				wrong = append(wrong, fmt.Sprintf("%s: waits for %s by %s", name, other, condition))
			case !job && unchecked[other] != "":
				wrong = append(wrong, fmt.Sprintf("%s: waits for %s, which has no health check", name, other))
			}
		}
		// Who is given another's address at start has to wait for it.
		for variable, value := range environment(service) {
			for _, at := range addressesIn(value) {
				other := serviceOf(project, at.host)
				if other == "" || other == name || unchecked[other] != "" || strings.HasPrefix(variable, "ORDERSAGA_URL_") {
					continue
				}
				if !waitsFor(project, name, other, map[string]bool{}) {
					wrong = append(wrong, fmt.Sprintf("%s: %s is %s's address, and it does not wait for it", name, variable, other))
				}
			}
		}
	}
	return wrong
}

func waitsFor(project *types.Project, name, other string, seen map[string]bool) bool {
	if seen[name] {
		return false
	}
	seen[name] = true
	for dependency := range project.Services[name].DependsOn {
		if dependency == other || waitsFor(project, dependency, other, seen) {
			return true
		}
	}
	return false
}

// exact is a tag that names one release: three numbers, or two where a project has no third
// (PostgreSQL).
var exact = regexp.MustCompile(`^[a-z0-9./-]+:v?\d+\.\d+(\.\d+)?(-[a-z0-9.]+)?$`)

func pinnedImages(_ testing.TB, project *types.Project, _ known) (wrong []string) {
	for _, name := range project.ServiceNames() {
		service := project.Services[name]
		if ours := strings.HasPrefix(service.Image, "ordersaga/"); ours {
			program := strings.TrimSuffix(strings.TrimPrefix(service.Image, "ordersaga/"), ":dev")
			if slices.Contains(programs, name) && program != name {
				wrong = append(wrong, fmt.Sprintf("%s: runs the image %s", name, service.Image))
			}
			if service.Build == nil || service.PullPolicy != types.PullPolicyBuild {
				wrong = append(wrong, fmt.Sprintf("%s: %s is looked for in a registry, not built from the sources here", name, service.Image))
			} else if built := builds(service); built != program {
				wrong = append(wrong, fmt.Sprintf("%s: builds %s as %s", name, built, service.Image))
			}
			continue
		}
		if !exact.MatchString(service.Image) {
			wrong = append(wrong, fmt.Sprintf("%s: %q names no exact version", name, service.Image))
		}
	}
	return wrong
}

// builds names the program that the Dockerfile puts into a service's image.
func builds(service types.ServiceConfig) string {
	if service.Build.Target != "program" {
		return service.Build.Target
	}
	if name := service.Build.Args["PROGRAM"]; name != nil {
		return *name
	}
	return "no program"
}

// longestStop is what the slowest program, catalog, may take to stop: its
// terminationGracePeriodSeconds in kubernetes/base, which a test there adds up.
const longestStop = 230 * time.Second

// hardened: what our containers may not do, and that they have time to finish.
func hardened(_ testing.TB, project *types.Project, settings known) (wrong []string) {
	for _, name := range project.ServiceNames() {
		service := project.Services[name]
		if !strings.HasPrefix(service.Image, "ordersaga/") {
			continue
		}
		if !service.ReadOnly || !slices.Contains(service.CapDrop, "ALL") || !slices.Contains(service.SecurityOpt, "no-new-privileges:true") {
			wrong = append(wrong, name+": runs with more rights than it needs")
		}
		if service.Privileged || service.User != "" {
			wrong = append(wrong, name+": is not the user of its image")
		}
		if slices.Contains(programs, name) && (service.StopGracePeriod == nil || time.Duration(*service.StopGracePeriod) < longestStop) {
			wrong = append(wrong, name+": may be killed while it finishes what it has begun")
		}
	}
	return wrong
}

// jobsOfOurs run commands of ordersaga that exist and need what they are given.
func jobsOfOurs(_ testing.TB, project *types.Project, _ known) (wrong []string) {
	for name, needed := range map[string][]string{
		"setup": {"TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE"},
		"demo":  {"OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "ORDERSAGA_URL_CATALOG", "ORDERSAGA_URL_INVENTORY"},
	} {
		service := project.Services[name]
		if len(service.Command) == 0 || service.Command[0] != name {
			wrong = append(wrong, fmt.Sprintf("%s: runs %v", name, service.Command))
		}
		for _, variable := range needed {
			if environment(service)[variable] == "" {
				wrong = append(wrong, fmt.Sprintf("%s: %s is required and not given", name, variable))
			}
		}
	}
	return wrong
}
