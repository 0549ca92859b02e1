package main_test

import (
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestATakenPortIsOneClearLine(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	config := settings(passableDir(t))
	config["ports"].(map[string]any)["mongodb"] = port

	stack := launch(t, config)
	require.Equal(t, 1, stack.end(longestStop))
	_, number, _ := net.SplitHostPort(taken.Addr().String())
	require.Equal(t, "devstack: mongodb: port "+number+" on 127.0.0.1 is in use by another program (setting ports.mongodb)", stack.said())
}

func TestAWrongConfigurationIsOneClearLine(t *testing.T) {
	for name, change := range map[string]struct {
		setting string
		value   any
		says    string
	}{
		"unknown field":       {"databasses", []string{"orders"}, `unknown field "databasses"`},
		"unknown engine":      {"engines", []string{"mysql"}, `engines: "mysql" is none of`},
		"engine without base": {"engines", []string{"temporal"}, `engines: "temporal" keeps its data in "postgres"`},
		"name with a quote":   {"databases", []string{`a"b`}, `databases: "a\"b" is no name`},
		"reserved name":       {"databases", []string{"temporal"}, `databases: "temporal" is reserved`},
		"no address":          {"host", "localhost", `host "localhost" is no IP address`},
		"one port twice":      {"ports", map[string]int{"amqp": 1234, "oidc": 1234}, "ports.amqp and ports.oidc are both 1234"},
		"short retention":     {"temporal", map[string]any{"namespace": "shop", "retention": "1m"}, "temporal.retention 1m0s is below one hour"},
	} {
		t.Run(name, func(t *testing.T) {
			config := settings(filepath.Join(t.TempDir(), "stack"))
			config[change.setting] = change.value
			stack := launch(t, config)
			require.Equal(t, 2, stack.end(longestStop))
			require.Contains(t, stack.said(), change.says)
			require.NotContains(t, stack.said(), "\n")
		})
	}
}

func TestAWrongCommandLineSaysTheRightOne(t *testing.T) {
	out, err := exec.Command(binary, "start").CombinedOutput()
	require.Error(t, err)
	require.True(t, strings.HasPrefix(string(out), "devstack: usage: devstack run --config FILE"), "%s", out)
}
