package dev

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// signals gives a context that ends with the first signal to stop, and a channel
// that is closed with the second.
func signals(t *terminal) (ctx context.Context, hurry <-chan struct{}, done func()) {
	ctx, cancel := context.WithCancel(context.Background())
	received := make(chan os.Signal, 2)
	signal.Notify(received, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	second := make(chan struct{})
	go func() {
		<-received
		cancel()
		<-received
		t.say("once more: stopping at once")
		close(second)
	}()
	// The goroutine ends with the program.
	return ctx, second, cancel
}
