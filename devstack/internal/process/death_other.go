//go:build !linux

package process

import "syscall"

// Without such a signal a child of a killed devstack runs until the next start finds it by its
// record.
func setDeathSignal(*syscall.SysProcAttr, syscall.Signal) {}
