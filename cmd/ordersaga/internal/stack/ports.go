package stack

import "path/filepath"

// CheckPorts fails with a line for each port in use. When an earlier devstack left engines running
// it does not check their ports; devstack stops these engines and then checks the ports itself.
func (s *Stack) CheckPorts() error {
	leftovers, _ := filepath.Glob(filepath.Join(s.devstackDir(), "run", "*.json"))
	return s.Ports.CheckFree(len(leftovers) == 0)
}
