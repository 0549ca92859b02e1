package readmodel

import (
	"context"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// maxWindows bounds the windows that one page reads, of 30 documents each.
const maxWindows = 10

// MaxLimit is the largest page that is full: what lies in maxWindows windows wherever it begins.
const MaxLimit = maxWindows * (span - step)

// Page is a part of a list, the document that came last first.
type Page[T any] struct {
	Items []T
	// Next is the place before which the next page begins, 0 when there is none.
	Next int64
}

// Part says what of a list is wanted.
type Part[T any] struct {
	List List
	// Before is the place before which the page begins: that of Head for the first page, then Next
	// of the page before.
	Before int64
	// From is the last place that is wanted; 0 is the whole list.
	From int64
	// Limit is the most documents on the page, at most MaxLimit.
	Limit int
	// Place answers the place of a document in the list.
	Place func(T) int64
	// Keep tells whether a document is wanted.
	Keep func(T) bool
	// Where has fields and the values that all wanted documents have in them: the store leaves out
	// the others, whose decoding is what a page costs. May be nil.
	Where bson.D
}

// Read reads a part of a list. It is full, unless the list ends or Keep leaves out so many
// documents that 10 windows do not have enough: then it is shorter and has a Next. Its cost depends
// on neither the length of the list nor the place.
func Read[T any](ctx context.Context, m *Model, g Generation, part Part[T]) (Page[T], error) {
	page := Page[T]{Items: []T{}, Next: part.Before}
	for range maxWindows {
		if page.Next <= part.From {
			break
		}
		window, first := part.List.endingAt(page.Next - 1)
		found, err := m.inWindow(ctx, g, window, part.Where)
		if err != nil {
			return Page[T]{}, err
		}
		documents := make([]T, len(found))
		for i, raw := range found {
			if err := bson.Unmarshal(raw, &documents[i]); err != nil {
				return Page[T]{}, fmt.Errorf("read %s of %s: %w", window, m.Collection(g).Name(), err)
			}
		}
		documents = slices.DeleteFunc(documents, func(d T) bool { return part.Place(d) < max(first, part.From) || part.Place(d) >= page.Next })
		slices.SortFunc(documents, func(a, b T) int { return int(part.Place(b) - part.Place(a)) })
		for _, document := range documents {
			if !part.Keep(document) {
				continue
			}
			page.Items = append(page.Items, document)
			if len(page.Items) == part.Limit {
				return part.ending(page, part.Place(document)), nil
			}
		}
		page.Next = first
	}
	return part.ending(page, page.Next), nil
}

// ending is the page with its Next, which is 0 when nothing before it is wanted.
func (p Part[T]) ending(page Page[T], next int64) Page[T] {
	if page.Next = next; next <= p.From {
		page.Next = 0
	}
	return page
}

// inWindow reads the documents of a window: one query, answered at once.
func (m *Model) inWindow(ctx context.Context, g Generation, window string, where bson.D) ([]bson.Raw, error) {
	cursor, err := m.Collection(g).Find(ctx, append(bson.D{{Key: PagesField, Value: window}}, where...))
	if err != nil {
		return nil, fmt.Errorf("read %s of %s: %w", window, m.Collection(g).Name(), err)
	}
	var found []bson.Raw
	if err := cursor.All(ctx, &found); err != nil {
		return nil, fmt.Errorf("read %s of %s: %w", window, m.Collection(g).Name(), err)
	}
	return found, nil
}
