// Package process runs the engines that are programs of their own: started so that none outlives
// the devstack, recorded so that the next start finds one that did, restarted when one dies.
package process

import (
	"os/exec"
	"runtime"
	"sync"
)

// The kernel sends the parent death signal when the THREAD that started a child ends, and the Go
// runtime ends threads as it likes. So every child is started from one goroutine that owns its
// thread for the life of the program.
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
