package dev

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// signals gives a context that ends with the first signal to stop, and a channel that is closed
// with the second. A terminal that is gone (`make run | head`) ends the context too: without it
// nobody could tell us to stop.
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
		t.say("once more: stopping at once")
		close(second)
	}()
	// The goroutines end with the program.
	return ctx, second, cancel
}
