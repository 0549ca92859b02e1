package search

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/ordersaga/ordersaga/platform/follow"
	"github.com/ordersaga/ordersaga/platform/telemetry"
)

const (
	// feedBatch is how many changes are read at once.
	feedBatch = 250
	// feedPoll is how often the source is asked when nothing wakes the feed.
	feedPoll = time.Second
	// feedGather is how long the feed waits for more changes before it reads them. A batch costs an
	// index in the process a segment to write and to merge, however few changes are in it.
	feedGather = 900 * time.Millisecond
	// feedStep bounds one batch: to read it and to write it.
	feedStep = 30 * time.Second
	// feedPause is the longest time between two tries when the engine or the source is away.
	feedPause = 15 * time.Second
)

// Source tells what has changed, each change with a position that is higher than those before it.
type Source interface {
	// Changes are the documents that changed behind a position, as they are now, of at most limit
	// changes, and the position of the last of these; after itself when there are none.
	Changes(ctx context.Context, after int64, limit int) (documents []Document, upTo int64, err error)
	// Head is the position of the newest change, 0 when there is none.
	Head(ctx context.Context) (int64, error)
}

// Feed keeps an index up to date with its source, and builds it anew.
type Feed struct {
	index  *Index
	source Source
	loop   *follow.Loop

	mu sync.Mutex // of begin: two rebuilds at once are one
}

// NewFeed makes the feed of an index. Alone runs a function as long as no other process feeds the
// same index; nil when the index is this process's own.
func NewFeed(index *Index, source Source, alone follow.Alone) *Feed {
	if alone == nil {
		alone = follow.Undisturbed
	}
	f := &Feed{index: index, source: source}
	f.loop = follow.New(follow.Loop{
		Step: f.step, Alone: alone, Poll: feedPoll, Gather: feedGather, Longest: feedPause, Timeout: feedStep,
		Failed: func(ctx context.Context, err error) {
			slog.WarnContext(ctx, "the search index is not fed and will be", "index", index.schema.Name, "error", err)
		},
	})
	return f
}

// Wake lets the feed look at its source now.
func (f *Feed) Wake() { f.loop.Wake() }

// Run feeds until the context ends. While the engine or the source is away it waits, and then goes
// on where the index stands.
func (f *Feed) Run(ctx context.Context) error {
	stop, err := f.observe()
	if err != nil {
		return err
	}
	defer stop()
	f.loop.Run(ctx)
	return nil
}

// step gives each generation one batch; more is false when none was full.
func (f *Feed) step(ctx context.Context) (more bool, err error) {
	g, err := f.generations(ctx)
	if err != nil {
		return false, err
	}
	if g.live == "" {
		if g, err = f.first(ctx, g); err != nil {
			return false, err
		}
	} else if g.built == "" && f.outdated(ctx, g.live) {
		if _, err := f.Rebuild(ctx); err != nil {
			return false, err
		}
		return true, nil
	}
	more, err = f.advance(ctx, g.live)
	if err != nil || g.built == "" {
		return more, err
	}
	behind, err := f.advance(ctx, g.built)
	if err != nil || behind {
		return true, err
	}
	if err := f.index.engine.Switch(ctx, g.built); err != nil {
		return false, err
	}
	slog.InfoContext(ctx, "the search index was built anew and is read from now on", "index", f.index.schema.Name, "generation", g.built)
	return true, f.index.engine.Drop(ctx, g.live)
}

// advance writes the next batch of changes into a generation; more is true when the batch was full.
func (f *Feed) advance(ctx context.Context, generation string) (more bool, err error) {
	after, err := f.index.engine.Checkpoint(ctx, generation)
	if err != nil {
		return false, err
	}
	documents, upTo, err := f.source.Changes(ctx, after, feedBatch)
	if err != nil {
		return false, fmt.Errorf("read what changed after %d: %w", after, err)
	}
	if upTo == after {
		return false, nil
	}
	entries, err := f.index.schema.Entries(documents)
	if err != nil {
		return false, err
	}
	return upTo-after >= feedBatch, f.index.engine.Apply(ctx, generation, entries, upTo)
}

// state is which generations there are. Their names are like "r2-7": the schema's revision and a
// number.
type state struct {
	live, built string
}

// generations are the live one and the one after it. What else is there was left behind by a crash
// and goes.
func (f *Feed) generations(ctx context.Context) (state, error) {
	live, err := f.index.engine.Live(ctx)
	if err != nil {
		return state{}, err
	}
	all, err := f.index.engine.Generations(ctx)
	if err != nil {
		return state{}, err
	}
	s := state{live: live}
	if next := f.name(numberOf(live) + 1); live != "" && slices.Contains(all, next) {
		s.built = next
	}
	for _, name := range all {
		if live != "" && name != s.live && name != s.built {
			if err := f.index.engine.Drop(ctx, name); err != nil {
				return state{}, err
			}
		}
	}
	return s, nil
}

func (f *Feed) name(number int) string { return fmt.Sprintf("r%d-%d", f.index.schema.Revision, number) }

func numberOf(generation string) int {
	_, number, _ := strings.Cut(generation, "-")
	n, _ := strconv.Atoi(number) // 0 of what is no name of ours
	return n
}

// first makes a generation where there is none.
func (f *Feed) first(ctx context.Context, s state) (state, error) {
	s.live = f.name(1)
	slog.InfoContext(ctx, "there is no search index; it is built from its source", "index", f.index.schema.Name)
	return s, errors.Join(f.index.engine.Create(ctx, s.live), f.index.engine.Switch(ctx, s.live))
}

// outdated tells whether a generation has documents of another revision of the schema, or changes
// that the source does not have: it was restored from a backup.
func (f *Feed) outdated(ctx context.Context, live string) bool {
	if !strings.HasPrefix(live, fmt.Sprintf("r%d-", f.index.schema.Revision)) {
		slog.InfoContext(ctx, "the search index has another revision and is built anew", "index", f.index.schema.Name, "generation", live)
		return true
	}
	checkpoint, err := f.index.engine.Checkpoint(ctx, live)
	if err != nil || checkpoint == 0 {
		return false
	}
	head, err := f.source.Head(ctx)
	if err != nil || head >= checkpoint {
		return false
	}
	slog.WarnContext(ctx, "the search index is ahead of its source, which was restored; it is built anew",
		"index", f.index.schema.Name, "checkpoint", checkpoint, "head", head)
	return true
}

// Progress tells how far an index is.
type Progress struct {
	// Live is the generation that is read, and Position how far of the source it has.
	Live     string
	Position int64
	// Building is the generation that is built beside it, "" when none is.
	Building         string
	BuildingPosition int64
	// Head is the position of the source's newest change.
	Head int64
}

// Rebuild lets the feed build the index anew, beside the live one. When that has begun already it
// goes on.
func (f *Feed) Rebuild(ctx context.Context) (Progress, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	live, err := f.index.engine.Live(ctx)
	if err == nil && live != "" {
		err = f.index.engine.Create(ctx, f.name(numberOf(live)+1))
	}
	if err != nil {
		return Progress{}, fmt.Errorf("rebuild search index %s: %w", f.index.schema.Name, err)
	}
	f.Wake()
	return f.Progress(ctx)
}

// Progress of the index.
func (f *Feed) Progress(ctx context.Context) (p Progress, err error) {
	p.Head, err = f.source.Head(ctx)
	if err == nil {
		p.Live, err = f.index.engine.Live(ctx)
	}
	if err == nil && p.Live != "" {
		p.Position, err = f.index.engine.Checkpoint(ctx, p.Live)
	}
	var all []string
	if err == nil {
		all, err = f.index.engine.Generations(ctx)
	}
	if next := f.name(numberOf(p.Live) + 1); err == nil && slices.Contains(all, next) {
		p.Building = next
		p.BuildingPosition, err = f.index.engine.Checkpoint(ctx, next)
	}
	if err != nil {
		return Progress{}, fmt.Errorf("progress of search index %s: %w", f.index.schema.Name, err)
	}
	return p, nil
}

const behindGauge = "ordersaga.search.behind"

// observe tells how far the index is behind.
func (f *Feed) observe() (stop func(), err error) {
	label := attribute.String("index", f.index.schema.Name)
	return telemetry.Observe("github.com/ordersaga/ordersaga/platform/search", func(ctx context.Context, set telemetry.Set) error {
		p, err := f.Progress(ctx)
		if err != nil {
			return err
		}
		set(behindGauge, float64(max(0, p.Head-p.Position)), label)
		return nil
	}, telemetry.Gauge{Name: behindGauge, Description: "changes that a search index does not have yet"})
}
