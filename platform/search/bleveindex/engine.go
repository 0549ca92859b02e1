// Package bleveindex keeps a search index in this process with blevesearch/bleve: in a folder, or in
// memory.
//
// A folder has a folder for each generation and the file "live", which names the one that is read.
// The checkpoint of a generation is written with its documents, in one batch: after a crash both are
// there or neither.
package bleveindex

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	bolt "go.etcd.io/bbolt/errors"

	"github.com/ordersaga/ordersaga/platform/search"
)

const (
	liveFile = "live"
	// lockTimeout is how long another process may hold an index's lock while this one starts.
	lockTimeout = "10s"
)

// Engine keeps the generations of an index.
type Engine struct {
	layout search.Layout
	folder string // empty: in memory

	mu          sync.RWMutex
	generations map[string]*generation
	live        string
}

// generation is one index. Who searches holds it for reading, who closes it for writing.
type generation struct {
	use    sync.RWMutex
	index  bleve.Index
	closed bool
}

// Open opens the index in a folder, which is made when it is missing; "" keeps it in memory. A
// generation that cannot be read is removed, with a line in the log: it is built anew from its
// source. A folder that another process uses is an error.
func Open(folder string, layout search.Layout) (*Engine, error) {
	e := &Engine{layout: layout, folder: folder, generations: map[string]*generation{}}
	if folder == "" {
		return e, nil
	}
	if err := e.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("search index in %s: %w", folder, err), e.Close())
	}
	return e, nil
}

func (e *Engine) load() error {
	if err := os.MkdirAll(e.folder, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(e.folder)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !entry.IsDir() {
			continue
		}
		name := entry.Name()
		index, err := open(filepath.Join(e.folder, name))
		switch {
		case errors.Is(err, bolt.ErrTimeout):
			return fmt.Errorf("generation %s is used by another process", name)
		case err != nil:
			slog.Warn("a search index cannot be read; it is removed and built anew", "folder", e.folder, "generation", name, "error", err)
			if err := os.RemoveAll(filepath.Join(e.folder, name)); err != nil {
				return err
			}
		default:
			e.generations[name] = &generation{index: index}
		}
	}
	live, err := os.ReadFile(filepath.Join(e.folder, liveFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if name := strings.TrimSpace(string(live)); e.generations[name] != nil {
		e.live = name
	}
	return nil
}

// open opens an index and looks into it: bleve panics on some damaged files.
func open(path string) (index bleve.Index, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			index, err = nil, fmt.Errorf("it is damaged: %v", fault)
		}
	}()
	index, err = bleve.OpenUsing(path, config())
	if err != nil {
		return nil, err
	}
	request := bleve.NewSearchRequestOptions(bleve.NewMatchAllQuery(), 1, 0, false)
	request.Fields = []string{"*"}
	if _, err := index.Search(request); err != nil {
		return nil, errors.Join(err, index.Close())
	}
	return index, nil
}

// Live implements search.Engine.
func (e *Engine) Live(context.Context) (string, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.live, nil
}

// Generations implements search.Engine.
func (e *Engine) Generations(context.Context) ([]string, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	names := make([]string, 0, len(e.generations))
	for name := range e.generations {
		names = append(names, name)
	}
	slices.Sort(names)
	return names, nil
}

// Create implements search.Engine.
func (e *Engine) Create(_ context.Context, name string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.generations[name] != nil {
		return nil
	}
	index, err := create(e.folder, name)
	if err != nil {
		return fmt.Errorf("create search index %s in %s: %w", name, e.folder, err)
	}
	e.generations[name] = &generation{index: index}
	return nil
}

func create(folder, name string) (bleve.Index, error) {
	if folder == "" {
		return bleve.NewMemOnly(bleve.NewIndexMapping())
	}
	return bleve.NewUsing(filepath.Join(folder, name), bleve.NewIndexMapping(), scorch.Name, scorch.Name, config())
}

// smallestTier is the number of documents up to which segments count as equally small. Each batch
// is a segment. With bleve's default of 2,000 nearly every batch merged a whole index of some
// thousand documents anew, which was half of the CPU time of catalog and a third of orders' while
// orders were placed.
const smallestTier = 10

func config() map[string]any {
	return map[string]any{
		"bolt_timeout":           lockTimeout,
		"scorchMergePlanOptions": map[string]any{"FloorSegmentSize": smallestTier},
	}
}

// Switch implements search.Engine. The file is replaced, never half written.
func (e *Engine) Switch(_ context.Context, name string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.generations[name] == nil {
		return fmt.Errorf("search index %s in %s: there is no such generation", name, e.folder)
	}
	if e.folder != "" {
		if err := replace(filepath.Join(e.folder, liveFile), name+"\n"); err != nil {
			return fmt.Errorf("make search index %s in %s the live one: %w", name, e.folder, err)
		}
	}
	e.live = name
	return nil
}

func replace(path, content string) error {
	file, err := os.Create(path + ".new")
	if err != nil {
		return err
	}
	_, err = file.WriteString(content)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// Drop implements search.Engine. It waits for the searches that still read the generation.
func (e *Engine) Drop(_ context.Context, name string) error {
	e.mu.Lock()
	g := e.generations[name]
	if g == nil || name == e.live {
		e.mu.Unlock()
		return nil
	}
	delete(e.generations, name)
	e.mu.Unlock()
	err := g.close()
	if e.folder != "" {
		err = errors.Join(err, os.RemoveAll(filepath.Join(e.folder, name)))
	}
	if err != nil {
		return fmt.Errorf("drop search index %s in %s: %w", name, e.folder, err)
	}
	return nil
}

func (g *generation) close() error {
	g.use.Lock()
	defer g.use.Unlock()
	g.closed = true
	return g.index.Close()
}

// Close closes the files.
func (e *Engine) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	var problems []error
	for _, g := range e.generations {
		problems = append(problems, g.close())
	}
	clear(e.generations)
	e.live = ""
	return errors.Join(problems...)
}

// hold is a generation that stays open until it is released; nil when there is none.
func (e *Engine) hold(name string) (g *generation, release func()) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if g = e.generations[name]; g == nil {
		return nil, func() {}
	}
	g.use.RLock()
	return g, g.use.RUnlock
}
