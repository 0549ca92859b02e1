//go:build unix && !linux

package supervisor

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// birth tells a process from every other that has or will have its id, by the moment of its start.
// A process that is dead and not yet waited for has none.
func birth(pid int) (string, error) {
	out, err := exec.Command("ps", "-o", "state=,lstart=", "-p", strconv.Itoa(pid)).Output()
	state, start, found := strings.Cut(strings.TrimSpace(string(out)), " ")
	if err != nil || !found {
		return "", fmt.Errorf("there is no process %d", pid)
	}
	if strings.HasPrefix(state, "Z") {
		return "", fmt.Errorf("process %d is dead", pid)
	}
	return strings.TrimSpace(start), nil
}
