package process

import (
	"bytes"
	"os"
	"os/exec"
	"runtime"
	"strconv"
)

// RunsWith reports whether the process runs and was started with an argument.
func RunsWith(pid int, argument string) bool {
	if runtime.GOOS == "linux" {
		line, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
		return err == nil && bytes.Contains(append([]byte{0}, line...), []byte("\x00"+argument+"\x00"))
	}
	line, err := exec.Command("ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && bytes.Contains(line, []byte(argument))
}
