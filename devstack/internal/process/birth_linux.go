package process

import (
	"bytes"
	"errors"
	"fmt"
	"os"
)

// birth identifies a process beyond its id, which is reused: the machine's boot id and the
// process's start in clock ticks. It fails for a zombie.
func birth(pid int) (string, error) {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", fmt.Errorf("reading the boot id: %w", err)
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", fmt.Errorf("reading the state of process %d: %w", pid, err)
	}
	// proc(5): the name in parentheses is field 2 and may hold anything; field 3 is the state,
	// field 22 the start.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 20 {
		return "", fmt.Errorf("the state of process %d has %d fields", pid, len(fields))
	}
	if state := fields[0][0]; state == 'Z' || state == 'X' {
		return "", errors.New("the process is dead")
	}
	return string(bytes.TrimSpace(boot)) + "/" + string(fields[19]), nil
}
