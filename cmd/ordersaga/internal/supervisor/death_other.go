//go:build unix && !linux

package supervisor

import "syscall"

// deathIsTold means that the kernel signals children when the supervisor dies.
const deathIsTold = false

// Only Linux signals a child when its parent died; elsewhere the next start finds leftover
// processes by their records.
func dieWithParent(*syscall.SysProcAttr, syscall.Signal) {}
