package supervisor

import "syscall"

// deathIsTold means that the kernel signals children when the supervisor dies.
const deathIsTold = true

func dieWithParent(attributes *syscall.SysProcAttr, signal syscall.Signal) {
	attributes.Pdeathsig = signal
}
