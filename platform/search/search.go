// Package search finds documents by text, filters and facets. Everything that decides what is found
// and in which order is done here, once: texts are cut into terms, a query becomes a tree of terms
// with fixed scores, hits are highlighted. An engine (packages bleveindex and opensearch) keeps
// terms and answers such trees, so that every engine finds the same in the same order.
//
// An index has generations. One is live: searches read it. Another may be built beside it and then
// takes its place at once. Each keeps, together with its documents, how far of the source it has
// (its checkpoint).
package search

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Bounds of a query.
const (
	MaxText   = 200 // bytes of a query's text
	MaxWords  = 20
	MaxLimit  = 200 // hits on a page
	MaxValues = 50  // values of one filter
	maxFacet  = 100 // values that one facet counts
)

// ErrInvalid means that a query is not within its bounds, or names a field that the index does not
// have. The message says what is wrong.
var ErrInvalid = errors.New("this cannot be searched")

// Schema says what an index has of its documents.
type Schema struct {
	// Name of the index, lower-case letters.
	Name string
	// Revision is another one whenever documents are made or indexed in another way: an index of
	// another revision is built anew.
	Revision int
	// Texts are searched by words. The first is the title: what suggestions show, and what decides
	// between hits that match equally well.
	Texts []Text
	// Keywords are compared as they are, and may have several values each.
	Keywords []string
	// Numbers may be compared and sorted by; a document that does not have one has 0.
	Numbers []string
}

// Text is a field of words.
type Text struct {
	Name string
	// Weight is how much a match here counts, from 1.
	Weight int
}

// Document is what is found. Of two with one ID, the one with the higher version stays, whichever
// comes last.
type Document struct {
	ID      string
	Version int64
	// Deleted means that there is none of this ID any more; only the version is kept of it.
	Deleted  bool
	Texts    map[string]string
	Keywords map[string][]string
	Numbers  map[string]int64
	// Source is answered with a hit, as it is.
	Source json.RawMessage
}

// Query says what to find. Without Text it is all documents that pass the filters.
type Query struct {
	Text    string
	Filters []Filter
	// Sort is the order; the zero value is by relevance, or by title without Text.
	Sort Sort
	// Facets count the values of all that is found, not only of this page.
	Facets []Facet
	Limit  int
	After  Position
}

// Filter passes documents of which a field has one of the values (a keyword), or lies between two
// bounds, both included (a number).
type Filter struct {
	Field    string
	Values   []string
	Min, Max *int64
}

// Title, as the field of a Sort, is the order of the titles.
const Title = titleField

// Sort is an order by a number or by Title.
type Sort struct {
	Field      string
	Descending bool
}

// Facet counts a field's most frequent values (a keyword), or how many documents lie between bounds
// (a number): below the first, from each to below the next, from the last on.
type Facet struct {
	Field  string
	Size   int
	Bounds []int64
}

// Ranges are those between the bounds of a number, with no counts yet.
func (f Facet) Ranges() []Count {
	ranges := make([]Count, len(f.Bounds)+1)
	for i := range f.Bounds {
		ranges[i].Max, ranges[i+1].Min = &f.Bounds[i], &f.Bounds[i]
	}
	return ranges
}

// Position is where a page ended; the zero value is the beginning.
type Position struct {
	After []string `json:"after,omitempty"`
	// Wide is whether the search allows for typing errors.
	Wide bool `json:"wide,omitempty"`
}

// Result is a page of what was found.
type Result struct {
	Hits   []Hit
	Facets []Counts // as in the query
	Total  int64
	// Next is where the next page begins; nil on the last one.
	Next *Position
	// Wide is true when few documents had the words as they were typed, so that words that are
	// nearly the same count, too.
	Wide bool
}

// Hit is a document that was found.
type Hit struct {
	ID     string
	Source json.RawMessage
	// Score is how well it matches the text; comparable within a result.
	Score float64
	// Highlights are the texts in which something was found, as HTML: escaped, with <mark> around
	// what was found. Long texts are cut.
	Highlights map[string]string

	title string
}

// Counts of a facet, the most frequent value first; ranges in their order.
type Counts struct {
	Field  string
	Values []Count
}

// Count is how many documents have a value, or lie from Min to below Max.
type Count struct {
	Value    string
	Min, Max *int64
	Count    int64
}

// Suggestion completes what somebody began to type.
type Suggestion struct {
	ID, Title string
	// Highlight is the title as HTML: escaped, with <mark> around what was typed.
	Highlight string
}

// Index is what a schema's documents are searched in.
type Index struct {
	schema Schema
	engine Engine
}

// New is the index of a schema in an engine.
func New(schema Schema, engine Engine) *Index { return &Index{schema: schema, engine: engine} }

// fewHits is how many documents must have all words as they were typed; when there are fewer, words
// that are nearly the same count, too, below those.
const fewHits = 10

// Search answers a page. What is not within bounds is an ErrInvalid.
func (x *Index) Search(ctx context.Context, q Query) (Result, error) {
	words := wordsOf(q.Text)
	if err := x.check(q, words); err != nil {
		return Result{}, err
	}
	wide := q.After.Wide
	found, err := x.engine.Find(ctx, x.plan(q, words, wide))
	if err != nil {
		return Result{}, fmt.Errorf("search %s: %w", x.schema.Name, err)
	}
	if !wide && q.After.After == nil && len(words) > 0 && found.Total < fewHits {
		wide = true
		if found, err = x.engine.Find(ctx, x.plan(q, words, wide)); err != nil {
			return Result{}, fmt.Errorf("search %s with typing errors: %w", x.schema.Name, err)
		}
	}
	result := Result{Total: found.Total, Facets: found.Facets, Wide: wide, Hits: make([]Hit, 0, len(found.Entries))}
	if len(found.Entries) > q.Limit {
		found.Entries = found.Entries[:q.Limit]
		result.Next = &Position{After: found.Entries[q.Limit-1].Position, Wide: wide}
	}
	for _, e := range found.Entries {
		hit := Hit{ID: e.ID, Source: e.Source, Score: e.Score, title: e.Texts[x.schema.Texts[0].Name]}
		if len(words) > 0 {
			hit.Highlights = x.highlight(e.Texts, words, wide)
		}
		result.Hits = append(result.Hits, hit)
	}
	return result, nil
}

// Suggest answers at most limit different titles that complete a text, the best first.
func (x *Index) Suggest(ctx context.Context, text string, filters []Filter, limit int) ([]Suggestion, error) {
	// Several documents may have one title.
	const more = 3
	result, err := x.Search(ctx, Query{Text: text, Filters: filters, Limit: min(limit*more, MaxLimit)})
	if err != nil {
		return nil, err
	}
	title := x.schema.Texts[0].Name
	seen := map[string]bool{}
	suggestions := make([]Suggestion, 0, limit)
	for _, hit := range result.Hits {
		// A hit without it was found by another text than its title.
		highlight, found := hit.Highlights[title]
		if found && !seen[hit.title] && len(suggestions) < limit {
			seen[hit.title] = true
			suggestions = append(suggestions, Suggestion{ID: hit.ID, Title: hit.title, Highlight: highlight})
		}
	}
	return suggestions, nil
}

func (x *Index) check(q Query, words []word) error {
	invalid := func(format string, args ...any) error {
		return fmt.Errorf("%w: "+format, append([]any{ErrInvalid}, args...)...)
	}
	switch {
	case len(q.Text) > MaxText:
		return invalid("the text has %d bytes, at most %d are possible", len(q.Text), MaxText)
	case len(words) > MaxWords:
		return invalid("the text has %d words, at most %d are possible", len(words), MaxWords)
	case q.Limit < 1 || q.Limit > MaxLimit:
		return invalid("a page has 1 to %d hits, not %d", MaxLimit, q.Limit)
	case q.Sort.Field != "" && q.Sort.Field != Title && !x.number(q.Sort.Field):
		return invalid("there is no order by %q", q.Sort.Field)
	}
	for _, f := range q.Filters {
		switch {
		case len(f.Values) > MaxValues:
			return invalid("the filter of %s has %d values, at most %d are possible", f.Field, len(f.Values), MaxValues)
		case len(f.Values) > 0 && !x.keyword(f.Field), len(f.Values) == 0 && !x.number(f.Field):
			return invalid("there is no such filter of %q", f.Field)
		}
	}
	for _, f := range q.Facets {
		switch {
		case f.Size > maxFacet || len(f.Bounds) > maxFacet:
			return invalid("the facet %s counts more than %d values", f.Field, maxFacet)
		case len(f.Bounds) == 0 && (f.Size < 1 || !x.keyword(f.Field)), len(f.Bounds) > 0 && !x.number(f.Field):
			return invalid("there is no such facet %q", f.Field)
		}
	}
	return nil
}

func (x *Index) keyword(field string) bool { return slices.Contains(x.schema.Keywords, field) }

func (x *Index) number(field string) bool { return slices.Contains(x.schema.Numbers, field) }
