package readmodel

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ordersaga/ordersaga/platform/follow"
	"github.com/ordersaga/ordersaga/platform/postgres"
)

const (
	// feedBatch is how many changes are read at once.
	feedBatch = 500
	// feedPoll is how often the source is asked when nothing wakes the feed.
	feedPoll = 500 * time.Millisecond
	// feedGather is how long the feed waits for more changes before it reads them: a batch costs some
	// statements and commits, however few changes are in it, and what changes twice is written once.
	feedGather = 150 * time.Millisecond
	// feedTimeout bounds one batch.
	feedTimeout = 30 * time.Second
	// feedPause is the longest time between two tries when a store is down.
	feedPause = 10 * time.Second
)

// Source tells what has changed, each change with a position that is higher than those before it.
type Source[T any] interface {
	// Changes are what changed behind a position, as it is now, of at most limit changes, and the
	// position of the last of these; after itself when there are none.
	Changes(ctx context.Context, after int64, limit int) (changed []T, upTo int64, err error)
	// Head is the position of the newest change, 0 when there is none.
	Head(ctx context.Context) (int64, error)
	// Waiting is the age of the oldest change behind a position, 0 when there is none.
	Waiting(ctx context.Context, after int64) (time.Duration, error)
}

// Feed is a model whose documents are made of rows that change.
type Feed[T any] struct {
	*Model
	Source Source[T]
	// Arrange prepares an empty generation, before its first changes; may be nil. It may be repeated.
	Arrange func(ctx context.Context, g Generation) error
	// Project writes the documents of what changed, to a generation. It gets changes at least once.
	Project func(ctx context.Context, g Generation, changed []T) error

	loop *follow.Loop

	mu   sync.Mutex // of seen
	seen look
}

// NewFeed makes the feed of a model.
func NewFeed[T any](m *Model, source Source[T], arrange func(context.Context, Generation) error, project func(context.Context, Generation, []T) error) *Feed[T] {
	f := &Feed[T]{Model: m, Source: source, Arrange: arrange, Project: project}
	name := sha256.Sum256([]byte("read model " + f.Name))
	f.loop = follow.New(follow.Loop{
		Step: f.step, Poll: feedPoll, Gather: feedGather, Longest: feedPause, Timeout: feedTimeout,
		Alone: func(ctx context.Context, work func(until, working context.Context) error) error {
			return f.db.Alone(ctx, int64(binary.BigEndian.Uint64(name[:8])), work)
		},
		Failed: func(ctx context.Context, err error) {
			slog.WarnContext(ctx, "a read model does not follow its source; it is tried again", "model", f.Name, "error", err)
		},
	})
	return f
}

// Wake lets the feed look at its source now.
func (f *Feed[T]) Wake() { f.loop.Wake() }

// Follow keeps the documents up to date until ctx ends: those of the live generation, and those of
// one that is being built, from the first change on. When the new one has come as far as the live one
// it takes its place, and the old one is dropped after the grace; until then it is kept up to date,
// because other processes may read it for a moment. All that is known of a rebuild is in the database,
// so that it goes on after a crash. Of the processes that follow, one at a time writes.
func (f *Feed[T]) Follow(ctx context.Context) error {
	stop, err := f.observe()
	if err != nil {
		return err
	}
	defer stop()
	f.loop.Run(ctx)
	return nil
}

// CatchUp writes all that has changed until now, once. It is for tests, which do not follow.
func (f *Feed[T]) CatchUp(ctx context.Context) error {
	for more := true; more; {
		var err error
		if more, err = f.step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// step gives each generation one batch; more is false when none was full.
func (f *Feed[T]) step(ctx context.Context) (more bool, err error) {
	generations, err := f.generations(ctx)
	if err != nil {
		return false, err
	}
	var live, building *Generation
	for _, g := range generations { // the oldest first
		if g.State == Retired && g.inState >= f.Grace {
			if err := f.drop(ctx, g); err != nil {
				return false, err
			}
			continue
		}
		// Also one that was replaced: who still reads it is not shown less than what the live one has.
		behind, err := f.advance(ctx, g)
		if err != nil {
			return false, err
		}
		more = more || behind
		switch g.State {
		case Live:
			live = &g
		case Building:
			building = &g
		}
	}
	if live == nil || building == nil {
		return more, nil
	}
	done, err := f.replace(ctx, *live, *building, func(ctx context.Context, _ *postgres.Tx) (bool, error) {
		read, err := f.position(ctx, *live)
		if err != nil {
			return false, err
		}
		built, err := f.position(ctx, *building)
		return built >= read, err
	})
	if done {
		slog.InfoContext(ctx, "a read model was rebuilt and is live", "model", f.Name, "generation", building.Number)
	}
	return more, err
}

// advance writes the next batch of changes into a generation; more is true when the batch was full.
func (f *Feed[T]) advance(ctx context.Context, g Generation) (more bool, err error) {
	after, err := f.position(ctx, g)
	if err != nil {
		return false, err
	}
	if after == 0 {
		if err := f.index(ctx, g); err != nil {
			return false, err
		}
		if f.Arrange != nil {
			if err := f.Arrange(ctx, g); err != nil {
				return false, err
			}
		}
	}
	changed, upTo, err := f.Source.Changes(ctx, after, feedBatch)
	if err != nil {
		return false, fmt.Errorf("read what changed after %d: %w", after, err)
	}
	if upTo == after {
		return false, nil
	}
	if err := f.Project(ctx, g, changed); err != nil {
		return false, err
	}
	// By compare-and-set: who lost the lock without noticing moves nothing.
	_, err = f.db.SQL.ExecContext(ctx, `
		INSERT INTO read_model_positions (model, generation, position) VALUES ($1, $2, $4)
		ON CONFLICT (model, generation) DO UPDATE SET position = excluded.position WHERE read_model_positions.position = $3`,
		f.Name, g.Number, after, upTo)
	if err != nil {
		return false, fmt.Errorf("read model %s: move to position %d: %w", f.Name, upTo, err)
	}
	return upTo-after >= feedBatch, nil
}

// Progress answers how far of its source a generation has come.
func (f *Feed[T]) Progress(ctx context.Context, g Generation) (position, head int64, err error) {
	if position, err = f.position(ctx, g); err != nil {
		return 0, 0, err
	}
	head, err = f.Source.Head(ctx)
	return position, head, err
}

func (f *Feed[T]) position(ctx context.Context, g Generation) (position int64, err error) {
	err = f.db.SQL.QueryRowContext(ctx, `
		SELECT coalesce((SELECT position FROM read_model_positions WHERE model = $1 AND generation = $2), 0)`, f.Name, g.Number).Scan(&position)
	if err != nil {
		return 0, fmt.Errorf("read model %s: position of generation %d: %w", f.Name, g.Number, err)
	}
	return position, nil
}
