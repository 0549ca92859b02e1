// Package process runs the engines that are separate programs: they end with the devstack, are
// recorded so that the next start finds those that did not, and are restarted when they die.
package process

import (
	"os/exec"
	"runtime"
	"sync"
)

// The kernel sends the parent death signal when the thread that started a child ends, and the Go
// runtime may end threads at any time. So all children are started by one goroutine that is locked
// to its thread.
var spawner = sync.OnceValue(func() chan<- func() {
	requests := make(chan func())
	go func() {
		runtime.LockOSThread()
		for request := range requests {
			request()
		}
	}()
	return requests
})

func startOnKeptThread(cmd *exec.Cmd) error {
	result := make(chan error, 1)
	spawner() <- func() { result <- cmd.Start() }
	return <-result
}
