//go:build unix && !linux

package supervisor

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// birth identifies a process beyond its id, which is reused, by the time of its start. It fails for
// a zombie.
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
