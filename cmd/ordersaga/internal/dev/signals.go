package dev

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// signals returns a context that ends with the first signal to stop, and a channel that is closed
// with the second. A closed terminal (`make run | head`) also ends the context.
func signals(t *terminal) (ctx context.Context, hurry <-chan struct{}, done func()) {
	ctx, cancel := context.WithCancel(context.Background())
	received := make(chan os.Signal, 2)
	signal.Notify(received, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	broken := make(chan os.Signal, 1)
	signal.Notify(broken, syscall.SIGPIPE)
	second := make(chan struct{})
	go func() {
		<-broken
		cancel()
	}()
	go func() {
		<-received
		cancel()
		<-received
		t.say("second signal: stopping at once")
		close(second)
	}()
	// The goroutines end with the program.
	return ctx, second, cancel
}
