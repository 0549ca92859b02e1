package supervisor

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
		return "", fmt.Errorf("read the boot id: %w", err)
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", fmt.Errorf("read the state of process %d: %w", pid, err)
	}
	// proc(5): field 2, the name in parentheses, may hold anything; after it come field 3, the
	// state, and so on to field 22, the start.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 20 {
		return "", fmt.Errorf("the state of process %d has %d fields after its name, not 20", pid, len(fields))
	}
	if state := fields[0][0]; state == 'Z' || state == 'X' {
		return "", errors.New("the process is dead")
	}
	return string(bytes.TrimSpace(boot)) + "/" + string(fields[19]), nil
}
