package testkit_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/testkit"
)

const portsOf = "ORDERSAGA_TEST_PRINT_PORTS"

// Test programs run at once and each starts programs of its own: a port that two of them were given
// would stop the slower program at its start.
func TestTestProgramsNeverGetTheSamePort(t *testing.T) {
	const each, others = 200, 4
	if os.Getenv(portsOf) != "" {
		for range each {
			fmt.Println("port", testkit.FreePort(t))
		}
		fmt.Println("done")
		fmt.Scanln() // lives until the other side has read the ports of all
		return
	}
	given := map[string]int{}
	for range each {
		given[fmt.Sprint(testkit.FreePort(t))]++
	}
	for range others {
		command := exec.Command(os.Args[0], "-test.run", "^TestTestProgramsNeverGetTheSamePort$")
		command.Env = append(os.Environ(), portsOf+"=1")
		input, err := command.StdinPipe()
		require.NoError(t, err)
		output, err := command.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, command.Start())
		t.Cleanup(func() {
			input.Close()
			_ = command.Wait()
		})
		lines := bufio.NewScanner(output)
		for lines.Scan() && lines.Text() != "done" {
			given[strings.TrimPrefix(lines.Text(), "port ")]++
		}
		require.Equal(t, "done", lines.Text())
	}
	require.Len(t, given, each*(others+1))
}
