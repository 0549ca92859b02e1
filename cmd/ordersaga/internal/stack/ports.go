package stack

import "path/filepath"

// CheckPorts fails with a line for each port that another program has. Engines that an earlier
// devstack left running still have theirs; devstack stops those itself, and then checks the ports
// of the engines as strictly.
func (s *Stack) CheckPorts() error {
	leftovers, _ := filepath.Glob(filepath.Join(s.devstackDir(), "run", "*.json"))
	return s.Ports.CheckFree(len(leftovers) == 0)
}
