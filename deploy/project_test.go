// Package deploy_test checks the files that ship without the machines they are for: what can be
// said of them by reading is said here, and what can be run is run, on the real engines of this
// machine.
package deploy_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"
)

// root of the repository.
const root = ".."

// programs that compose runs for as long as it is up; their names are also those of their services,
// images and databases.
var programs = listed()

// listed asks the command, which knows the list that everything is made from.
func listed() (names []string) {
	output, err := exec.Command(filepath.Join(os.Getenv("ORDERSAGA_BIN"), "ordersaga"), "programs", "--json").Output()
	var programs []struct {
		Name string `json:"name"`
	}
	if err == nil {
		err = json.Unmarshal(output, &programs)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "ordersaga programs --json (is it built, and ORDERSAGA_BIN its folder? run `make test`, or `make engines` once):", err)
		os.Exit(1)
	}
	for _, p := range programs {
		names = append(names, p.Name)
	}
	return names
}

// load reads docker-compose.yml as Docker Compose does, without the .env of this machine: what is
// checked is what a stranger gets.
func load(t testing.TB) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{filepath.Join(root, "docker-compose.yml")}, cli.WithEnv([]string{}))
	require.NoError(t, err)
	project, err := options.LoadProject(context.Background())
	require.NoError(t, err, "docker-compose.yml")
	return project
}

// setting is a variable that a program reads, as it says itself by --settings.
type setting struct {
	Name        string `json:"name"`
	Kind        string `json:"kind"`
	Default     string `json:"default"`
	Required    bool   `json:"required"`
	Secret      bool   `json:"secret"`
	Description string `json:"description"`
}

// binary is the path of a built program.
func binary(t testing.TB, name string) string {
	t.Helper()
	folder := os.Getenv("ORDERSAGA_BIN")
	if folder == "" {
		t.Fatal("this test needs the built programs: run `make test`, or `make engines` once and set ORDERSAGA_BIN as it says")
	}
	return filepath.Join(folder, name)
}

// settingsOf asks the built program.
func settingsOf(t testing.TB, program string) []setting {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, binary(t, program), "--settings")
	command.Env = []string{}
	out, err := command.Output()
	require.NoError(t, err, "%s --settings", program)
	var settings []setting
	require.NoError(t, json.Unmarshal(out, &settings), "%s --settings", program)
	require.NotEmpty(t, settings, "%s --settings", program)
	return settings
}

// known is every program's settings.
type known map[string][]setting

func allSettings(t testing.TB) known {
	t.Helper()
	all := known{}
	for _, program := range programs {
		all[program] = settingsOf(t, program)
	}
	return all
}

// find the setting that a variable is: a name that ends in * stands for many.
func (k known) find(program, variable string) (setting, bool) {
	for _, s := range k[program] {
		if prefix, many := strings.CutSuffix(s.Name, "*"); s.Name == variable || many && strings.HasPrefix(variable, prefix) {
			return s, true
		}
	}
	return setting{}, false
}

// ports that a program listens on when nothing is said, which is what `make run` has: PORT, and for
// a service gRPC a thousand and admin two thousand above.
func (k known) ports(program string) []int {
	s, _ := k.find(program, "PORT")
	port, err := strconv.Atoi(s.Default)
	if err != nil {
		return nil
	}
	listens := []int{port}
	if _, service := k.find(program, "GRPC_PORT"); service {
		listens = append(listens, port+1000, port+2000)
	}
	return listens
}

// environment of a service, resolved.
func environment(service types.ServiceConfig) map[string]string {
	values := map[string]string{}
	for name, value := range service.Environment {
		if value != nil {
			values[name] = *value
		}
	}
	return values
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// inOrder lists the wanted services so that each comes after those it waits for.
func inOrder(project *types.Project, wanted []string) []string {
	var ordered []string
	var visit func(string)
	visit = func(name string) {
		for _, dependency := range sortedKeys(project.Services[name].DependsOn) {
			visit(dependency)
		}
		if slices.Contains(wanted, name) && !slices.Contains(ordered, name) {
			ordered = append(ordered, name)
		}
	}
	for _, name := range wanted {
		visit(name)
	}
	return ordered
}
