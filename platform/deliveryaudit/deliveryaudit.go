// Package deliveryaudit reports a service's undelivered events: those it has not published, those
// its own consumers have not handled, its dead letters, and the progress of its subscriptions of
// the event log.
package deliveryaudit

import (
	"context"
	"net/http"
	"time"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/broker"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/each"
	"github.com/ordersaga/ordersaga/platform/outbox"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/unavailable"
)

// Sources are the parts of a service to report on.
type Sources struct {
	// Outbox has the backlog; nil for a service without an outbox.
	Outbox interface {
		Backlog(ctx context.Context) (outbox.Backlog, error)
	}
	// Consumers are names of consumers; Broker inspects their queues.
	Consumers []string
	Broker    interface {
		Depth(ctx context.Context, consumer string) (broker.Depth, error)
	}
	// Subscriptions answers the names of all subscriptions of the service's log; Log has their
	// progress. It is nil for a service without a log.
	Subscriptions func(ctx context.Context) ([]string, error)
	Log           interface {
		Progress(ctx context.Context, name string) (position, head int64, err error)
		Deferred(ctx context.Context, name string) (streams int64, err error)
	}
}

// EventDelivery is how far a service's events have come.
type EventDelivery struct {
	Outbox        *OutboxBacklog         `json:"outbox,omitempty" doc:"absent for a service that publishes from its log"`
	Consumers     []ConsumerBacklog      `json:"consumers" nullable:"false"`
	Subscriptions []SubscriptionPosition `json:"subscriptions" nullable:"false"`
}

// OutboxBacklog describes the events that are committed and not published.
type OutboxBacklog struct {
	Pending       int     `json:"pending" doc:"events, counted up to 100,000"`
	OldestSeconds float64 `json:"oldest_seconds" doc:"how long the oldest of them waits"`
	Problem       string  `json:"problem,omitempty" doc:"why the process that answers could not publish its last batch"`
}

// ConsumerBacklog is one of the service's consumers.
type ConsumerBacklog struct {
	Name     string `json:"name"`
	Declared bool   `json:"declared" doc:"whether its queues exist"`
	Waiting  int    `json:"waiting" doc:"messages not taken yet"`
	Retrying int    `json:"retrying" doc:"messages that wait for another attempt"`
	Dead     int    `json:"dead" doc:"dead letters"`
	// Letters may not have every dead letter: see broker.Depth.
	Letters []DeadLetter `json:"letters" nullable:"false" doc:"the oldest dead letters, at most 200"`
}

// DeadLetter is a dead letter.
type DeadLetter struct {
	EventID   string `json:"event_id"`
	EventType string `json:"event_type"`
	Cause     string `json:"cause" doc:"poison, retries_exhausted, or what the broker says"`
	Reason    string `json:"reason,omitempty" doc:"the last error"`
}

// SubscriptionPosition is a reader of the event log.
type SubscriptionPosition struct {
	Name     string `json:"name"`
	Position int64  `json:"position" doc:"of the last event it has handled"`
	Head     int64  `json:"head" doc:"of the last event there is"`
	Deferred int64  `json:"deferred" doc:"streams that this version cannot read and has left aside, as after a roll-back"`
}

// Route serves GET /v1/audit/delivery to operators.
func Route(api *rest.API, s Sources) {
	handler := cqrs.Query("audit_delivery", func(ctx context.Context, _ struct{}) (EventDelivery, error) {
		return s.look(ctx)
	})
	rest.Serve(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/audit/delivery", ID: "audit-delivery",
		Summary: "Audit the delivery of events", Tags: []string{"audit"}, Scope: auth.ScopeOperator,
		Description: "What is not published yet, not consumed yet, or given up on.",
	}, handler.Handle)
}

func (s Sources) look(ctx context.Context) (EventDelivery, error) {
	delivery := EventDelivery{Consumers: []ConsumerBacklog{}, Subscriptions: []SubscriptionPosition{}}
	if s.Outbox != nil {
		backlog, err := s.Outbox.Backlog(ctx)
		if err != nil {
			return EventDelivery{}, err
		}
		delivery.Outbox = &OutboxBacklog{Pending: backlog.Pending, OldestSeconds: backlog.Lag.Seconds(), Problem: backlog.Problem}
	}
	for _, name := range s.Consumers {
		consumer, err := s.consumer(ctx, name)
		if err != nil {
			return EventDelivery{}, err
		}
		delivery.Consumers = append(delivery.Consumers, consumer)
	}
	if s.Subscriptions == nil {
		return delivery, nil
	}
	names, err := s.Subscriptions(ctx)
	if err != nil {
		return EventDelivery{}, err
	}
	for _, name := range names {
		position, head, err := s.Log.Progress(ctx, name)
		if err != nil {
			return EventDelivery{}, err
		}
		deferred, err := s.Log.Deferred(ctx, name)
		if err != nil {
			return EventDelivery{}, err
		}
		delivery.Subscriptions = append(delivery.Subscriptions, SubscriptionPosition{Name: name, Position: position, Head: head, Deferred: deferred})
	}
	return delivery, nil
}

// brokerPatience bounds the wait for a broker that is not connected.
const brokerPatience = 5 * time.Second

func (s Sources) consumer(ctx context.Context, name string) (ConsumerBacklog, error) {
	ctx, cancel := context.WithTimeout(ctx, brokerPatience)
	defer cancel()
	depth, err := s.Broker.Depth(ctx, name)
	if err != nil {
		return ConsumerBacklog{}, unavailable.New("The broker does not answer", err)
	}
	return ConsumerBacklog{
		Name: name, Declared: depth.Declared, Waiting: depth.Waiting, Retrying: depth.Retrying, Dead: depth.Dead,
		Letters: each.Map(depth.Letters, func(l broker.DeadLetter) DeadLetter { return DeadLetter(l) }),
	}, nil
}
