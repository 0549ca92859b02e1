package search

import (
	"context"
	"encoding/json"
)

// Engine keeps the generations of one index. All methods but Find are called by one process at a
// time, the one that feeds the index.
type Engine interface {
	// Live names the generation that searches read; "" when there is none.
	Live(ctx context.Context) (string, error)
	// Generations are the names of all.
	Generations(ctx context.Context) ([]string, error)
	// Create makes an empty generation; one that is there stays as it is.
	Create(ctx context.Context, generation string) error
	// Checkpoint of a generation, 0 in an empty one.
	Checkpoint(ctx context.Context, generation string) (int64, error)
	// Apply writes documents into a generation, except older ones than it has, and then its
	// checkpoint. After an error any of the documents may be written, and the checkpoint is as
	// before; the call can be repeated.
	Apply(ctx context.Context, generation string, entries []Entry, checkpoint int64) error
	// Switch makes a generation the live one, at once.
	Switch(ctx context.Context, generation string) error
	// Drop removes a generation that is not live.
	Drop(ctx context.Context, generation string) error
	// Find reads the live generation; it finds nothing when there is none.
	Find(ctx context.Context, plan Plan) (Found, error)
	Close() error
}

// Entry is a document as an engine keeps it. An entry without Fields is all that is left of a
// deleted one.
type Entry struct {
	ID      string
	Version int64
	Fields  *Fields
	// Stored is what Find answers of it.
	Stored json.RawMessage
}

// Fields of an entry.
type Fields struct {
	Terms    map[string][]string // in any order; there may be repeated ones
	Keywords map[string][]string
	Numbers  map[string]int64
}

// Layout names the fields of entries.
type Layout struct {
	Terms, Keywords, Numbers []string
}

// Plan is a query for an engine.
type Plan struct {
	// Match decides what is found and with which score; nil: everything, with score 0.
	Match Node
	// Filters are what it must pass besides.
	Filters []Node
	Sort    []Order
	Facets  []Facet
	Limit   int
	After   []string // a Position of an entry
}

// Order is a sort key. Field "" is the score.
type Order struct {
	Field      string
	Number     bool
	Descending bool
}

// Node of a query's tree.
type Node interface{ node() }

type (
	// Term finds the entries that have a term or a keyword.
	Term struct{ Field, Value string }
	// Prefix finds those that have one that begins so.
	Prefix struct{ Field, Value string }
	// Near finds those that have one which is at most some edits away: a character that is other,
	// missing, too much, or changed places with the next.
	Near struct {
		Field, Value string
		Edits        int
	}
	// Range finds those whose number lies between bounds, both included; nil is no bound.
	Range struct {
		Field    string
		Min, Max *int64
	}
	// Any finds what one of its nodes finds, All what all of them find. Of both the score is of no
	// interest.
	Any []Node
	All []Node
	// Scored gives all that a node finds a score.
	Scored struct {
		Node  Node
		Score float64
	}
	// Best finds what one of its scored nodes finds, with the highest score of these.
	Best []Scored
	// Sum finds what at least Least of its nodes find, with the sum of their scores and of those of
	// the optional ones that find it, too.
	Sum struct {
		Nodes, Optional []Best
		Least           int
	}
)

func (Term) node()   {}
func (Prefix) node() {}
func (Near) node()   {}
func (Range) node()  {}
func (Any) node()    {}
func (All) node()    {}
func (Scored) node() {}
func (Best) node()   {}
func (Sum) node()    {}

// Found is what an engine has found.
type Found struct {
	Entries []FoundEntry
	Facets  []Counts
	Total   int64
}

// FoundEntry is one of them.
type FoundEntry struct {
	ID    string
	Score float64
	// Position has the values of the sort keys, as Plan.After takes them.
	Position []string
	stored
}

// stored is an entry's Stored.
type stored struct {
	Source json.RawMessage   `json:"source"`
	Texts  map[string]string `json:"texts"`
}

// Restore reads what was stored of an entry.
func (e *FoundEntry) Restore(text json.RawMessage) error { return json.Unmarshal(text, &e.stored) }
