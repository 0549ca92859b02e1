package provider

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/ordersaga/ordersaga/platform/text"
)

// Bounds of what is kept of a provider's texts, in characters.
const (
	maxName    = 255 // references, keys, orders
	maxCode    = 100
	maxMessage = 500
)

// Border is a provider whose texts are safe to keep, to log and to show: each is one line of valid
// UTF-8 without hidden characters, and bounded. It is the one place where texts of a provider come
// in, whatever the adapter.
type Border struct{ Provider }

// Authorize implements Provider.
func (b Border) Authorize(ctx context.Context, a Authorization) (Fact, error) {
	return clean(b.Provider.Authorize(ctx, a))
}

// Void implements Provider.
func (b Border) Void(ctx context.Context, key string, h Held) (Fact, error) {
	return clean(b.Provider.Void(ctx, key, h))
}

// Capture implements Provider.
func (b Border) Capture(ctx context.Context, c Capture) (Fact, error) {
	return clean(b.Provider.Capture(ctx, c))
}

// Refund implements Provider.
func (b Border) Refund(ctx context.Context, r Refund) (Fact, error) {
	return clean(b.Provider.Refund(ctx, r))
}

// Lookup implements Provider.
func (b Border) Lookup(ctx context.Context, orderID, key string) (Fact, error) {
	return clean(b.Provider.Lookup(ctx, orderID, key))
}

// Statements are what the provider can tell an auditor; nil when it can tell nothing.
func (b Border) Statements() Statements {
	told, can := b.Provider.(Statements)
	if !can {
		return nil
	}
	return statements{told}
}

// Lists are what the provider can tell of all orders; nil when it can tell nothing.
func (b Border) Lists() Lists {
	told, can := b.Provider.(Lists)
	if !can {
		return nil
	}
	return lists{told}
}

type statements struct{ Statements }

// Statement implements Statements.
func (s statements) Statement(ctx context.Context, orderID string) ([]Entry, error) {
	entries, err := s.Statements.Statement(ctx, orderID)
	return cleanEntries(entries), cleanError(err)
}

type lists struct{ Lists }

// List implements Lists.
func (l lists) List(ctx context.Context, after string) (Page, error) {
	page, err := l.Lists.List(ctx, after)
	page.Entries, page.Next = cleanEntries(page.Entries), text.Line(page.Next, maxName)
	return page, cleanError(err)
}

// cleanEntries leaves out what has a name that could not be asked for; as a fact it would be
// unclear.
func cleanEntries(entries []Entry) []Entry {
	kept := entries[:0]
	for _, entry := range entries {
		fact, err := clean(entry.Fact, nil)
		if err == nil && text.Line(entry.Of, maxName) == entry.Of {
			entry.Fact, entry.Unclear = fact, text.Line(entry.Unclear, maxMessage)
			kept = append(kept, entry)
		}
	}
	return kept
}

func clean(f Fact, err error) (Fact, error) {
	if err != nil {
		return Fact{}, cleanError(err)
	}
	// A name is what the provider is asked with later: a changed one would be another's.
	if name := text.Line(f.Reference, maxName); name != f.Reference {
		return Fact{}, &UnclearError{Status: fmt.Sprintf("%s under the name %q", f.Kind, name)}
	}
	f.OrderID, f.Key = text.Line(f.OrderID, maxName), text.Line(f.Key, maxName)
	f.Currency = text.Line(f.Currency, maxCode)
	if method := text.Line(f.StoredMethod, maxName); method != f.StoredMethod {
		f.StoredMethod, f.Consent = "", false // a changed one would be another's
	}
	if f.Kind == Declined || f.Kind == Failed { // the shopper is told something, whatever is left of it
		f.DeclineCode = cmp.Or(text.Line(f.DeclineCode, maxCode), "declined")
		f.DeclineMessage = cmp.Or(text.Line(f.DeclineMessage, maxMessage), "The payment was declined.")
	}
	return f, nil
}

// cleanError keeps what an error is and cleans what it says.
func cleanError(err error) error {
	var unclear *UnclearError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &unclear):
		return &UnclearError{Reference: text.Line(unclear.Reference, maxName), Status: text.Line(unclear.Status, maxMessage)}
	default:
		return cleanedError{text.Line(err.Error(), maxMessage), err}
	}
}

type cleanedError struct {
	text string
	error
}

func (s cleanedError) Error() string { return s.text }

func (s cleanedError) Unwrap() error { return s.error }
