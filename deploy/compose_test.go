package deploy_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// enginesOfCompose are those that compose runs, with the jobs that set them up.
var enginesOfCompose = []string{
	"grafana", "jaeger", "keycloak", "mongodb", "opensearch", "otel-collector", "postgres", "prometheus", "rabbitmq", "redis",
	"setup", "temporal", "temporal-schema", "temporal-ui",
}

func TestComposeUpRunsTheWholeProduct(t *testing.T) {
	project := load(t)
	assert.ElementsMatch(t, append(append(slices.Clone(enginesOfCompose), programs...), "demo"), project.ServiceNames())
	assert.Empty(t, project.DisabledServiceNames(), "what a plain `docker compose up` passes over")
}

// TestTheEnginesAloneAreWhatTheDocumentedCommandStarts takes the services that the pages name after
// `docker compose up` and starts, as Compose does, them and what they depend on.
func TestTheEnginesAloneAreWhatTheDocumentedCommandStarts(t *testing.T) {
	named := regexp.MustCompile(`docker compose up (?:--detach )?((?:[a-z-]+ )*setup [a-z -]*[a-z])`)
	for _, page := range []string{"docker-compose.yml", "README.md", "deploy/README.md"} {
		t.Run(page, func(t *testing.T) {
			content, err := os.ReadFile(filepath.Join(root, page))
			require.NoError(t, err)
			command := named.FindSubmatch(content)
			require.NotNil(t, command, "no command that starts the engines alone")
			selected, err := load(t).WithSelectedServices(strings.Fields(string(command[1])))
			require.NoError(t, err)
			assert.ElementsMatch(t, enginesOfCompose, selected.ServiceNames())
		})
	}
}

// TestNoPageWaitsForTheJobs: `up --wait` takes a job that has ended, and for which no other service
// waits, for a failure (docker/compose#10596); so demo would fail it.
func TestNoPageWaitsForTheJobs(t *testing.T) {
	for _, page := range []string{"docker-compose.yml", "README.md", "deploy/README.md", "docs/operations.md"} {
		content, err := os.ReadFile(filepath.Join(root, page))
		require.NoError(t, err)
		assert.NotRegexp(t, `docker compose up[^\n]* --wait`, string(content), page)
	}
}

func TestComposeIsInOrder(t *testing.T) {
	assert.Empty(t, problems(t, load(t), allSettings(t)))
}

// checks of the file as a whole. Each says what is wrong in a line that names the service;
// TestEachMistakeInComposeIsNamed plants a mistake for each.
var checks = []func(testing.TB, *types.Project, known) []string{
	everyProgramRuns, variablesOfPrograms, portsOfPrograms, portsAreOnLoopback, mountsExist, healthChecks, startOrder, pinnedImages,
	hardened, addressesAreReal, databaseRoles, brokerLogin, documentLogin, cacheLogin, issuerAndClients, jobsOfOurs,
}

func problems(t testing.TB, project *types.Project, settings known) []string {
	t.Helper()
	var found []string
	for _, check := range checks {
		found = append(found, check(t, project, settings)...)
	}
	return found
}

// everyProgramRuns, and so do the jobs, without anything asked for.
func everyProgramRuns(_ testing.TB, project *types.Project, _ known) (wrong []string) {
	for _, name := range slices.Concat(programs, jobs) {
		if _, here := project.Services[name]; !here {
			wrong = append(wrong, name+": does not run")
		}
	}
	for _, name := range project.ServiceNames() {
		if profiles := project.Services[name].Profiles; len(profiles) > 0 {
			wrong = append(wrong, fmt.Sprintf("%s: runs with the profiles %v only", name, profiles))
		}
	}
	return wrong
}

// variablesOfPrograms: every required one is given and none is unknown.
func variablesOfPrograms(_ testing.TB, project *types.Project, settings known) (wrong []string) {
	for _, program := range programs {
		given := environment(project.Services[program])
		for _, name := range sortedKeys(given) {
			if _, found := settings.find(program, name); !found {
				wrong = append(wrong, fmt.Sprintf("%s: %s is no setting of the program", program, name))
			}
		}
		for _, s := range settings[program] {
			if s.Required && given[s.Name] == "" {
				wrong = append(wrong, fmt.Sprintf("%s: %s is required and not given", program, s.Name))
			}
		}
	}
	return wrong
}

// portsOfPrograms: those of `make run`, inside and outside.
func portsOfPrograms(_ testing.TB, project *types.Project, settings known) (wrong []string) {
	for _, program := range programs {
		service := project.Services[program]
		given := environment(service)
		for _, name := range []string{"HOST", "ADMIN_HOST"} {
			if _, listens := settings.find(program, name); listens && given[name] != "0.0.0.0" {
				wrong = append(wrong, fmt.Sprintf("%s: publishes ports of its own loopback: %s is %q", program, name, given[name]))
			}
		}
		var published []int
		for _, port := range service.Ports {
			if port.Published != strconv.Itoa(int(port.Target)) {
				wrong = append(wrong, fmt.Sprintf("%s: port %d is published as %s", program, port.Target, port.Published))
			}
			published = append(published, int(port.Target))
		}
		slices.Sort(published)
		if want := settings.ports(program); !slices.Equal(published, want) {
			wrong = append(wrong, fmt.Sprintf("%s: publishes %v, the program listens on %v", program, published, want))
		}
	}
	return wrong
}

func portsAreOnLoopback(_ testing.TB, project *types.Project, _ known) (wrong []string) {
	taken := map[string]string{}
	for _, name := range project.ServiceNames() {
		for _, port := range project.Services[name].Ports {
			if port.HostIP != "127.0.0.1" {
				wrong = append(wrong, fmt.Sprintf("%s: port %d is published on %q, not on 127.0.0.1 alone", name, port.Target, port.HostIP))
			}
			if other := taken[port.Published]; other != "" {
				wrong = append(wrong, fmt.Sprintf("%s: port %s is also %s's", name, port.Published, other))
			}
			taken[port.Published] = name
		}
	}
	return wrong
}

func mountsExist(_ testing.TB, project *types.Project, _ known) (wrong []string) {
	for _, name := range project.ServiceNames() {
		for _, mount := range project.Services[name].Volumes {
			switch mount.Type {
			case types.VolumeTypeBind:
				if _, err := os.Stat(mount.Source); err != nil {
					wrong = append(wrong, fmt.Sprintf("%s: %s is mounted and not there", name, relative(mount.Source)))
				}
				if !mount.ReadOnly {
					wrong = append(wrong, fmt.Sprintf("%s: %s is mounted for writing", name, relative(mount.Source)))
				}
			case types.VolumeTypeVolume:
				if _, named := project.Volumes[mount.Source]; !named {
					wrong = append(wrong, fmt.Sprintf("%s: volume %q is not declared", name, mount.Source))
				}
			}
		}
	}
	return wrong
}

func relative(path string) string {
	base, err := filepath.Abs(root)
	if err != nil {
		return path
	}
	if short, err := filepath.Rel(base, path); err == nil {
		return short
	}
	return path
}
