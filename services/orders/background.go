package main

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/ordersaga/ordersaga/platform/eventstore"
	"github.com/ordersaga/ordersaga/platform/lifecycle"
	"github.com/ordersaga/ordersaga/platform/mongodb"
)

// drain is how long a batch of events in hand may take to be finished at a stop.
const drain = 35 * time.Second

// follow is a component that reads the log for a subscription.
func follow(events *eventstore.Store, subscription eventstore.Subscription) lifecycle.Component {
	return lifecycle.Component{Name: subscription.Name, Drain: drain, Run: func(ctx context.Context) error {
		return events.Subscribe(ctx, subscription)
	}}
}

func closeDocuments(documents *mongo.Database) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = mongodb.Close(ctx, documents) // nothing is in flight any more
}
