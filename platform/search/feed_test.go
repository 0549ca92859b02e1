package search_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/ordersaga/ordersaga/platform/search"
	"github.com/ordersaga/ordersaga/platform/search/bleveindex"
	"github.com/ordersaga/ordersaga/platform/search/searchtest"
	"github.com/ordersaga/ordersaga/platform/testkit"
)

// log is a source that a test writes: the document at index i has the position i+1.
type log struct {
	mu     sync.Mutex
	names  []string
	away   error
	before func() // called before each read
}

func (l *log) add(names ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.names = append(l.names, names...)
}

func (l *log) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.away = err
}

func (l *log) Changes(_ context.Context, after int64, limit int) (documents []search.Document, upTo int64, err error) {
	if l.before != nil {
		l.before()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.away != nil {
		return nil, 0, l.away
	}
	for upTo = after; upTo < int64(len(l.names)) && len(documents) < limit; upTo++ {
		d := searchtest.Thing(fmt.Sprint(upTo), l.names[upTo])
		d.Version = upTo + 1
		documents = append(documents, d)
	}
	return documents, upTo, nil
}

func (l *log) Head(context.Context) (int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return int64(len(l.names)), l.away
}

// world is an index in a folder with its feed.
type world struct {
	*search.Index
	feed *search.Feed
	stop func()
}

func start(t *testing.T, folder string, schema search.Schema, source *log) world {
	t.Helper()
	engine, err := bleveindex.Open(folder, schema.Layout())
	require.NoError(t, err)
	index := search.New(schema, engine)
	w := world{Index: index, feed: search.NewFeed(index, source, nil)}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { assert.NoError(t, w.feed.Run(ctx)) })
	w.stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
		assert.NoError(t, engine.Close())
	})
	t.Cleanup(w.stop)
	return w
}

func (w world) progress(t *testing.T) search.Progress {
	t.Helper()
	p, err := w.feed.Progress(t.Context())
	require.NoError(t, err)
	return p
}

func (w world) caughtUp(t *testing.T) {
	t.Helper()
	w.feed.Wake()
	testkit.Eventually(t, "the index to have everything", func() bool {
		p, err := w.feed.Progress(t.Context())
		return err == nil && p.Live != "" && p.Position == p.Head
	})
}

func (w world) total(t *testing.T, text string) int {
	t.Helper()
	result, err := w.Search(t.Context(), search.Query{Text: text, Limit: 1})
	require.NoError(t, err)
	return int(result.Total)
}

func TestAnIndexGoesOnWhereItStoodAfterARestart(t *testing.T) {
	folder, source := t.TempDir(), &log{}
	source.add("red mug", "blue mug")
	w := start(t, folder, searchtest.Schema, source)
	w.caughtUp(t)
	assert.Equal(t, 2, w.total(t, "mug"))
	w.stop()

	source.add("green mug")
	source.fail(errors.New("the source is away"))
	w = start(t, folder, searchtest.Schema, source)
	assert.Equal(t, 2, w.total(t, "mug"), "what was indexed is found at once")
	source.fail(nil)
	w.caughtUp(t)
	assert.Equal(t, 3, w.total(t, "mug"))
	assert.Equal(t, "r1-1", w.progress(t).Live, "it was not built anew")
}

func TestADamagedOrMissingIndexIsBuiltAnew(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, folder string){
		"missing": func(t *testing.T, folder string) { require.NoError(t, os.RemoveAll(folder)) },
		"no name": func(t *testing.T, folder string) { require.NoError(t, os.Remove(filepath.Join(folder, "live"))) },
		"cut": func(t *testing.T, folder string) {
			each(t, folder, func(content []byte) []byte { return content[:len(content)/2] })
		},
		"emptied": func(t *testing.T, folder string) { each(t, folder, func([]byte) []byte { return nil }) },
		"garbled": func(t *testing.T, folder string) {
			each(t, folder, func(content []byte) []byte {
				for i := range content {
					content[i] ^= 0x5a
				}
				return content
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			folder, source := filepath.Join(t.TempDir(), "things"), &log{}
			source.add("red mug", "blue mug")
			w := start(t, folder, searchtest.Schema, source)
			w.caughtUp(t)
			w.stop()
			damage(t, folder)
			w = start(t, folder, searchtest.Schema, source)
			w.caughtUp(t)
			assert.Equal(t, 2, w.total(t, "mug"))
			assert.Equal(t, 1, w.total(t, "blue"))
		})
	}
}

// each changes the files of all generations.
func each(t *testing.T, folder string, change func([]byte) []byte) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || entry.Name() == "live" {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(path, change(content), 0o600)
	}))
}

func TestAFolderIsUsedByOneProcess(t *testing.T) {
	folder, source := t.TempDir(), &log{}
	w := start(t, folder, searchtest.Schema, source)
	w.caughtUp(t)
	_, err := bleveindex.Open(folder, searchtest.Schema.Layout())
	require.ErrorContains(t, err, "used by another process")
	source.add("red mug")
	w.caughtUp(t)
	assert.Equal(t, 1, w.total(t, "mug"), "and it is not removed")
}

func TestARebuildIsBesideTheLiveIndexAndGoesOnAfterARestart(t *testing.T) {
	folder, source := t.TempDir(), &log{}
	for i := range 1200 {
		source.add(fmt.Sprintf("mug %d", i))
	}
	w := start(t, folder, searchtest.Schema, source)
	w.caughtUp(t)

	// The feed stops in the middle of the rebuild.
	release := make(chan struct{})
	var w2 world
	w.stop()
	reads := 0
	source.before = func() {
		if reads++; reads > 3 { // the live one, then two batches of the new one
			<-release
		}
	}
	w2 = start(t, folder, searchtest.Schema, source)
	p, err := w2.feed.Rebuild(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "r1-1", p.Live)
	testkit.Eventually(t, "some of the new index", func() bool { return w2.progress(t).BuildingPosition > 0 })
	assert.Equal(t, "r1-2", w2.progress(t).Building)
	assert.Equal(t, 1200, w2.total(t, "mug"), "reads are of the live one")
	again, err := w2.feed.Rebuild(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "r1-2", again.Building, "a second rebuild is the first")
	close(release)
	source.add("mug late")
	testkit.Eventually(t, "the new index to be live", func() bool { return w2.progress(t).Live == "r1-2" })
	w2.caughtUp(t)
	assert.Equal(t, 1201, w2.total(t, "mug"))
	assert.Empty(t, w2.progress(t).Building)
	testkit.Eventually(t, "only the new generation and the name of the live one to be left", func() bool {
		entries, err := os.ReadDir(folder)
		return err == nil && len(entries) == 2
	})
}

func TestAnIndexOfAnotherRevisionOrAheadOfItsSourceIsBuiltAnew(t *testing.T) {
	folder, source := t.TempDir(), &log{}
	source.add("red mug", "blue mug")
	w := start(t, folder, searchtest.Schema, source)
	w.caughtUp(t)
	w.stop()

	next := searchtest.Schema
	next.Revision = 2
	w = start(t, folder, next, source)
	testkit.Eventually(t, "the new revision", func() bool { return w.progress(t).Live == "r2-2" })
	assert.Equal(t, 2, w.total(t, "mug"))
	w.stop()

	restored := &log{}
	restored.add("red mug")
	w = start(t, folder, next, restored)
	testkit.Eventually(t, "the index of what was restored", func() bool { return w.progress(t).Live == "r2-3" })
	assert.Equal(t, 1, w.total(t, "mug"), "the restored source never had the blue one")
}

func TestMetricsTellHowFarAnIndexIsBehind(t *testing.T) {
	reader := metric.NewManualReader()
	before := otel.GetMeterProvider()
	otel.SetMeterProvider(metric.NewMeterProvider(metric.WithReader(reader)))
	t.Cleanup(func() { otel.SetMeterProvider(before) })
	behind := func() float64 {
		var collected metricdata.ResourceMetrics
		require.NoError(t, reader.Collect(t.Context(), &collected))
		for _, scope := range collected.ScopeMetrics {
			for _, m := range scope.Metrics {
				if gauge, is := m.Data.(metricdata.Gauge[float64]); is && m.Name == "ordersaga.search.behind" {
					return gauge.DataPoints[0].Value
				}
			}
		}
		return -1
	}
	source := &log{}
	release := make(chan struct{})
	source.before = func() { <-release }
	source.add("red mug", "blue mug")
	w := start(t, t.TempDir(), searchtest.Schema, source)
	testkit.Eventually(t, "two changes to be waited for", func() bool { return behind() == 2 })
	close(release)
	w.caughtUp(t)
	assert.Zero(t, behind())
}
