// Package auditprovider compares the payment provider's own list with the journal, so that what the
// provider has and the journal never heard of is found.
package auditprovider

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/unavailable"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider"
	"github.com/ordersaga/ordersaga/services/payments/internal/reconcile"
	"github.com/ordersaga/ordersaga/services/payments/internal/store"
)

// Query asks for a page of the provider's list.
type Query struct {
	Cursor rest.Cursor `query:"cursor" doc:"next_cursor of the page before."`
}

// position is the provider's cursor.
type position struct {
	After string `json:"after"`
}

// New makes the use case. Lists are the provider's, nil when it has none.
func New(s *store.Store, lists provider.Lists) cqrs.Handler[Query, Page] {
	return cqrs.Query("audit_provider", (&handler{store: s, lists: lists}).Handle)
}

type handler struct {
	store *store.Store
	lists provider.Lists
}

// Handle reads a page of the provider's list and compares it with the journal, which is read
// afterwards: it knows at least what the provider told.
func (h *handler) Handle(ctx context.Context, query Query) (Page, error) {
	if h.lists == nil {
		return Page{Differences: []ProviderDifference{}}, nil
	}
	from, err := rest.ReadCursor[position](ctx, "audit-provider", query.Cursor)
	if err != nil {
		return Page{}, err
	}
	page, err := h.lists.List(ctx, from.After)
	if err != nil {
		return Page{}, unavailable.New("The payment provider does not answer", err)
	}
	payments, err := h.payments(ctx, page.Entries)
	if err != nil {
		return Page{}, err
	}
	result := Page{Listed: true, Records: len(page.Entries), Differences: []ProviderDifference{}}
	for _, entry := range page.Entries {
		if problem := reconcile.Entry(payments[strings.ToLower(entry.OrderID)], entry); problem != "" {
			result.Differences = append(result.Differences, ProviderDifference{OrderID: entry.OrderID, Reference: entry.Reference, Problem: problem})
		}
	}
	if page.More {
		result.Next = rest.NewCursor(ctx, "audit-provider", position{After: page.Next})
	}
	return result, nil
}

// payments of the orders that records name. A name that is no order's id has none.
func (h *handler) payments(ctx context.Context, entries []provider.Entry) (map[string]*domain.Payment, error) {
	orders := map[string]bool{}
	for _, entry := range entries {
		if order := strings.ToLower(entry.OrderID); uuid.Validate(order) == nil {
			orders[order] = true
		}
	}
	found, err := h.store.Payments(ctx, slices.Sorted(maps.Keys(orders)))
	payments := map[string]*domain.Payment{}
	for _, p := range found {
		payments[p.OrderID] = p
	}
	return payments, err
}
