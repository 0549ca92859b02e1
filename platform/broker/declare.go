package broker

import (
	"context"
	"fmt"
)

// Declare makes a consumer's queues and bindings, or finds them as they are,
// without consuming. An event that is published before its consumer's queue is
// bound passes that consumer by for ever, so who publishes what it will consume
// itself declares first. It waits for a connection until ctx ends, and at most
// 15 s for the server; it can be repeated.
func (b *Broker) Declare(ctx context.Context, c Consumer) error {
	if err := c.complete(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, setupTimeout)
	defer cancel()
	queues := queuesOf(c.Name, c.delays)
	connection, err := b.consuming.await(ctx)
	if err != nil {
		return fmt.Errorf("declare %s: %w", queues.main, err)
	}
	return connection.within(ctx, func() error {
		channel, err := connection.Channel()
		if err != nil {
			return fmt.Errorf("declare %s: open a channel: %w", queues.main, err)
		}
		defer channel.Close()
		return queues.declare(channel, c.Types)
	})
}
