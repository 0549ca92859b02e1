package client

import (
	"iter"
	"net/url"
	"strconv"
)

// Page is a part of a list.
type Page[T any] struct {
	Items []T
	// Next is the cursor of the next page; "" on the last.
	Next string
}

// PageRequest selects a part of a list.
type PageRequest struct {
	// Limit of items; 0 is the service's default, 50, or 1,000 for audits.
	Limit int
	// Cursor is Next of the page before; "" for the first.
	Cursor string
}

func (p PageRequest) query() url.Values {
	query := url.Values{}
	if p.Limit != 0 {
		query.Set("limit", strconv.Itoa(p.Limit))
	}
	set(query, "cursor", p.Cursor)
	return query
}

// set skips an empty value: the services refuse parameters without a value.
func set(query url.Values, name, value string) {
	if value != "" {
		query.Set(name, value)
	}
}

// all iterates over a list, page by page. An error ends it.
func all[T any](read func(PageRequest) (Page[T], error), first PageRequest) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for request := first; ; {
			page, err := read(request)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range page.Items {
				if !yield(item, nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			request.Cursor = page.Next
		}
	}
}
