package readmodel

import (
	"context"
	"math"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/ordersaga/ordersaga/platform/telemetry"
)

// Lag tells how far a list is behind.
type Lag struct {
	Behind  int64   `json:"behind" doc:"How many changes are recorded that this list does not show yet."`
	Seconds float64 `json:"behind_seconds" doc:"How long ago the oldest of these was recorded; 0 when there is none."`
}

// LagOf says how far a list is behind: so many changes, of which the oldest has this age.
func LagOf(behind int64, age time.Duration) Lag {
	return Lag{behind, math.Round(age.Seconds()*1000) / 1000}
}

// Lag of a generation's lists.
func (l *Log) Lag(ctx context.Context, g Generation) (Lag, error) {
	lag, err := l.Events.Lag(ctx, l.Subscription(g))
	return LagOf(lag.Behind, lag.Age), err
}

// look is what was found of the live generation of a feed.
type look struct {
	at       time.Time
	position int64
	behind   int64
	// since is when the oldest change that it does not have was recorded.
	since time.Time
}

// Lag of the live generation's lists. What it is told of may be half a second old.
func (f *Feed[T]) Lag(ctx context.Context) (Lag, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if time.Since(f.seen.at) >= feedPoll {
		if err := f.look(ctx); err != nil {
			return Lag{}, err
		}
	}
	if f.seen.behind == 0 {
		return Lag{}, nil
	}
	return LagOf(f.seen.behind, max(0, time.Since(f.seen.since))), nil
}

func (f *Feed[T]) look(ctx context.Context) error {
	live, err := f.Live(ctx)
	if err != nil {
		return err
	}
	position, head, err := f.Progress(ctx, live)
	if err != nil {
		return err
	}
	seen := look{at: time.Now(), position: position, behind: max(head-position, 0)}
	if seen.behind > 0 {
		age, err := f.Source.Waiting(ctx, position)
		if err != nil {
			return err
		}
		seen.since = seen.at.Add(-age)
		// A row that changes again counts as changed then. While the position stands still, what
		// waited at the last look still waits.
		if f.seen.behind > 0 && f.seen.position == position && f.seen.since.Before(seen.since) {
			seen.since = f.seen.since
		}
	}
	f.seen = seen
	return nil
}

const behindGauge, lagGauge = "ordersaga.readmodel.behind", "ordersaga.readmodel.lag"

// observe tells how far the live generation is behind. Every process tells the same.
func (f *Feed[T]) observe() (stop func(), err error) {
	label := attribute.String("model", f.Name)
	return telemetry.Observe("github.com/ordersaga/ordersaga/platform/readmodel", func(ctx context.Context, set telemetry.Set) error {
		lag, err := f.Lag(ctx)
		if err != nil {
			return err
		}
		set(behindGauge, float64(lag.Behind), label)
		set(lagGauge, lag.Seconds, label)
		return nil
	},
		telemetry.Gauge{Name: behindGauge, Description: "changes that the documents of a read model do not show yet"},
		telemetry.Gauge{Name: lagGauge, Unit: "s", Description: "age of the oldest change that the documents of a read model do not show yet"})
}
