package readmodel

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ordersaga/ordersaga/platform/eventstore"
	"github.com/ordersaga/ordersaga/platform/pause"
	"github.com/ordersaga/ordersaga/platform/postgres"
)

const (
	// lookInterval is how often the generations are looked at.
	lookInterval = time.Second
	// lookTimeout bounds a look, and dropTimeout the removal of a generation.
	lookTimeout = 20 * time.Second
	dropTimeout = time.Minute
)

// Log is a model whose documents are made of an event log.
type Log struct {
	*Model
	Events *eventstore.Store
	// Project writes the documents that events change, to a generation. It gets events at least
	// once, and all of them for each generation.
	Project func(ctx context.Context, g Generation, events []eventstore.Event) error
}

// Subscription is the name under which a generation follows the log.
func (m *Model) Subscription(g Generation) string { return fmt.Sprintf("%s.%d", m.Name, g.Number) }

// Progress is how far the live generation has come, as Store.Progress.
func (l *Log) Progress(ctx context.Context, g Generation) (position, head int64, err error) {
	return l.Events.Progress(ctx, l.Subscription(g))
}

// Follow keeps the documents up to date until ctx ends: those of the live generation, and those of
// one that is being built, from the first event on. When the new one has come as far as the live
// one it takes its place, and the old one is dropped after the grace. All that is known of a
// rebuild is in the database, so that it goes on after a crash. Of the processes that follow, one
// at a time writes a generation.
func (l *Log) Follow(ctx context.Context) error {
	followers := followers{log: l, running: map[int64]func(){}}
	defer followers.stopAll()
	for ctx.Err() == nil {
		if err := followers.look(ctx); err != nil && ctx.Err() == nil {
			slog.WarnContext(ctx, "the generations of a read model cannot be looked at; it is tried again", "model", l.Name, "error", err)
		}
		_ = pause.For(ctx, lookInterval, nil)
	}
	return nil
}

// followers of one process: one for each generation that is not retired.
type followers struct {
	log     *Log
	running map[int64]func() // stop, by generation
}

func (f *followers) look(ctx context.Context) error {
	looking, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	generations, err := f.log.generations(looking)
	if err != nil {
		return err
	}
	var live, building *Generation
	for _, g := range generations {
		switch g.State {
		case Retired:
			if err := f.retire(ctx, g); err != nil {
				return err
			}
			continue
		case Live:
			live = &g
		case Building:
			building = &g
		}
		if err := f.start(ctx, g); err != nil {
			return err
		}
	}
	if live == nil || building == nil {
		return nil
	}
	done, err := f.log.replace(looking, *live, *building, func(ctx context.Context, tx *postgres.Tx) (bool, error) {
		return eventstore.HasReached(ctx, tx, f.log.Subscription(*building), f.log.Subscription(*live))
	})
	if done {
		slog.InfoContext(ctx, "a read model was rebuilt and is live", "model", f.log.Name, "generation", building.Number)
	}
	return err
}

// start follows the log for a generation, unless it is followed already.
func (f *followers) start(ctx context.Context, g Generation) error {
	if f.running[g.Number] != nil {
		return nil
	}
	if err := f.log.index(ctx, g); err != nil {
		return err
	}
	following, cancel := context.WithCancel(ctx)
	var ended sync.WaitGroup
	ended.Go(func() {
		err := f.log.Events.Subscribe(following, eventstore.Subscription{
			Name: f.log.Subscription(g),
			Handle: func(ctx context.Context, events []eventstore.Event) error {
				return f.log.Project(ctx, g, events)
			},
		})
		if err != nil {
			slog.ErrorContext(ctx, "a read model does not follow the log", "model", f.log.Name, "generation", g.Number, "error", err)
		}
	})
	f.running[g.Number] = func() {
		cancel()
		ended.Wait()
	}
	return nil
}

// retire ends the follower of a generation that was replaced, and drops it when nobody reads it any
// more.
func (f *followers) retire(ctx context.Context, g Generation) error {
	if stop := f.running[g.Number]; stop != nil {
		stop()
		delete(f.running, g.Number)
	}
	if g.inState < f.log.Grace {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, dropTimeout)
	defer cancel()
	if err := f.log.Events.Forget(ctx, f.log.Subscription(g)); err != nil {
		return err
	}
	return f.log.drop(ctx, g)
}

func (f *followers) stopAll() {
	for _, stop := range f.running {
		stop()
	}
}
