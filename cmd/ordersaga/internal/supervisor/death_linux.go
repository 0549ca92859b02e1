package supervisor

import "syscall"

// deathIsTold says that children learn of our death.
const deathIsTold = true

func dieWithParent(attributes *syscall.SysProcAttr, signal syscall.Signal) {
	attributes.Pdeathsig = signal
}
