//go:build unix && !linux

package supervisor

import "syscall"

// deathIsTold says that children learn of our death.
const deathIsTold = false

// Only Linux tells a child that its parent died; elsewhere the next start finds the leftovers by
// their records.
func dieWithParent(*syscall.SysProcAttr, syscall.Signal) {}
