//go:build !linux

package process

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// birth identifies a process beyond its id, which is reused, by the time of its start.
func birth(pid int) (string, error) {
	out, err := exec.Command("ps", "-o", "lstart=,state=", "-p", strconv.Itoa(pid)).Output()
	text := strings.TrimSpace(string(out))
	if err != nil || text == "" {
		return "", fmt.Errorf("no process %d", pid)
	}
	cut := strings.LastIndexByte(text, ' ')
	if strings.HasPrefix(text[cut+1:], "Z") {
		return "", fmt.Errorf("process %d is dead", pid)
	}
	return strings.TrimSpace(text[:cut]), nil
}
