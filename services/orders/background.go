package main

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"golang.org/x/sync/errgroup"

	"github.com/ordersaga/ordersaga/platform/eventstore"
	"github.com/ordersaga/ordersaga/platform/lifecycle"
	"github.com/ordersaga/ordersaga/platform/mongodb"
)

// drain bounds the time in which a started batch of events is finished at a stop.
const drain = 35 * time.Second

// follow is a component that reads the log for all subscriptions, each on its own.
func follow(events *eventstore.Store, subscriptions []eventstore.Subscription) lifecycle.Component {
	return lifecycle.Component{Name: "subscriptions", Drain: drain, Run: func(ctx context.Context) error {
		all, ctx := errgroup.WithContext(ctx)
		for _, subscription := range subscriptions {
			all.Go(func() error {
				if err := events.Subscribe(ctx, subscription); err != nil {
					return fmt.Errorf("subscription %s: %w", subscription.Name, err)
				}
				return nil
			})
		}
		return all.Wait()
	}}
}

func closeDocuments(documents *mongo.Database) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = mongodb.Close(ctx, documents) // no operations are in flight
}
