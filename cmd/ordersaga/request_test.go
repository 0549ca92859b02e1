package main

import (
	"context"
	"os"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// run runs a command line against services.
func run(t *testing.T, services *addresses, words ...string) error {
	t.Helper()
	parser, err := kong.New(&commands{}, append(provided, kong.Vars{"version": "test"})...)
	require.NoError(t, err)
	parsed, err := parser.Parse(words)
	require.NoError(t, err)
	return parsed.Run(services)
}

func TestDevRefusesAWrongOptionAsAWrongCommandLine(t *testing.T) {
	for _, flag := range []string{"--port=nobody=1", "--port=orders=8081", "--port-offset=60000", "--follow=nobody"} {
		err := run(t, &addresses{Dir: t.TempDir()}, "dev", flag)
		require.Error(t, err, flag)
		assert.Equal(t, exitUsage, exitCode(err), "%s: %v", flag, err)
	}
}

func TestOnlyYesMeansYes(t *testing.T) {
	read, write, err := os.Pipe()
	require.NoError(t, err)
	defer write.Close()
	stdin := os.Stdin
	os.Stdin = read
	defer func() { os.Stdin = stdin }()
	for answer, yes := range map[string]bool{"y\n": true, " YES\n": true, "n\n": false, "\n": false, "yesterday\n": false} {
		_, err := write.WriteString(answer)
		require.NoError(t, err)
		assert.Equal(t, yes, ask(t.Context()) == nil, "%q", answer)
	}
	interrupted, interrupt := context.WithCancel(t.Context())
	interrupt()
	assert.ErrorContains(t, ask(interrupted), "nothing was done", "Ctrl-C at the question")
}
