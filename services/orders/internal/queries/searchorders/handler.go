// Package searchorders finds orders for operators: by what they are called, whose they are, what is
// in them, how they stand, and by words.
package searchorders

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/each"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/search"
	"github.com/ordersaga/ordersaga/services/orders/internal/ordersearch"
	"github.com/ordersaga/ordersaga/services/orders/internal/personal"
)

// Query says what to find; what is left out is not looked at.
type Query struct {
	Text          string      `query:"q" maxLength:"200" doc:"Words: a number, an id or its beginning, a reference, a customer, SKUs, names of products, a reason, metadata. They may be unfinished or have typing errors."`
	Number        string      `query:"number" maxLength:"64" doc:"The order's number or id, exactly."`
	Reference     string      `query:"reference" maxLength:"255" doc:"The shop's reference, exactly."`
	Customer      string      `query:"customer" maxLength:"255" doc:"The customer, exactly."`
	Email         string      `query:"email" maxLength:"254" doc:"The email address of the order, exactly but for capitals."`
	SKU           string      `query:"sku" maxLength:"64" doc:"A product that is in it."`
	Status        string      `query:"status" enum:"none,placed,confirmed,rejected,cancelled"`
	PaymentStatus string      `query:"payment_status" maxLength:"40"`
	Reason        string      `query:"reason" maxLength:"100" doc:"Why it was rejected or cancelled." example:"out_of_stock"`
	Stuck         string      `query:"stuck" enum:"true,false" doc:"Whether its saga is stuck."`
	Hold          string      `query:"hold" maxLength:"40" doc:"Why nothing of it is shipped now: payment, while what is left to ship is neither authorized nor paid." example:"payment"`
	Currency      string      `query:"currency" pattern:"^[A-Z]{3}$" doc:"Only totals in this currency."`
	MinTotal      int64       `query:"min_total" minimum:"0" maximum:"9007199254740991" doc:"In minor units; only with a currency does it say much."`
	MaxTotal      int64       `query:"max_total" minimum:"0" maximum:"9007199254740991" default:"9007199254740991" doc:"In minor units."`
	PlacedFrom    time.Time   `query:"placed_from" doc:"Placed at this time or later (RFC 3339)."`
	PlacedBefore  time.Time   `query:"placed_before" doc:"Placed before this time (RFC 3339)."`
	Sort          string      `query:"sort" enum:"relevance,newest,oldest,total,-total" default:"relevance" doc:"relevance: what matches best first, the newest first when there are no words. -total: the largest first."`
	Limit         int         `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"Orders on a page."`
	Cursor        rest.Cursor `query:"cursor" doc:"next_cursor of the page before."`
}

const (
	maxTotal = 9007199254740991
	// maxTime is in microseconds since 1970: in the year 2255.
	maxTime = 1 << 53
	// facetValues is how many values a facet counts.
	facetValues = 20
)

// list names what is listed in its cursors.
func (q Query) list() string {
	q.Cursor, q.Limit = "", 0
	encoded, err := json.Marshal(q)
	if err != nil {
		panic("searchorders: a query does not encode: " + err.Error())
	}
	return "order-search/" + string(encoded)
}

// New makes the use case.
func New(index *search.Index, keys *personal.Keys) cqrs.Handler[Query, Result] {
	return cqrs.Query("search_orders", (&handler{index: index, keys: keys}).Handle)
}

type handler struct {
	index *search.Index
	keys  *personal.Keys
}

// Handle finds a page.
func (h *handler) Handle(ctx context.Context, query Query) (Result, error) {
	after, err := rest.ReadCursor[search.Position](ctx, query.list(), query.Cursor)
	if err != nil {
		return Result{}, err
	}
	found, err := h.index.Search(ctx, search.Query{
		Text: query.Text, Filters: h.filters(query), Sort: query.order(), Limit: query.Limit, After: after,
		Facets: []search.Facet{
			{Field: ordersearch.Status, Size: facetValues},
			{Field: ordersearch.PaymentStatus, Size: facetValues},
			{Field: ordersearch.Reason, Size: facetValues},
			{Field: ordersearch.Stuck, Size: facetValues},
			{Field: ordersearch.Hold, Size: facetValues},
		},
	})
	if errors.Is(err, search.ErrInvalid) {
		return Result{}, rest.NewProblem(http.StatusUnprocessableEntity, "validation-failed", err.Error())
	}
	if err != nil {
		return Result{}, err
	}
	result := Result{Orders: make([]FoundOrder, len(found.Hits)), Facets: each.Map(found.Facets, facet), Total: found.Total, Similar: found.Wide}
	for i, hit := range found.Hits {
		result.Orders[i].Highlights = hit.Highlights
		if err := json.Unmarshal(hit.Source, &result.Orders[i].Order); err != nil {
			return Result{}, fmt.Errorf("order %q in the index: %w", hit.ID, err)
		}
	}
	if found.Next != nil {
		result.Next = rest.NewCursor(ctx, query.list(), *found.Next)
	}
	return result, nil
}

func facet(counts search.Counts) Facet {
	return Facet{counts.Field, each.Map(counts.Values, func(c search.Count) FacetValue { return FacetValue{c.Value, c.Count} })}
}

func (h *handler) filters(q Query) (filters []search.Filter) {
	email := q.Email
	if email != "" {
		email = ordersearch.EmailToken(h.keys, email)
	}
	for _, exact := range []struct{ field, value string }{
		{ordersearch.ExactNumber, q.Number},
		{ordersearch.ExactReference, q.Reference},
		{ordersearch.ExactCustomer, q.Customer},
		{ordersearch.Email, email},
		{ordersearch.SKU, q.SKU},
		{ordersearch.Status, q.Status},
		{ordersearch.PaymentStatus, q.PaymentStatus},
		{ordersearch.Reason, q.Reason},
		{ordersearch.Stuck, q.Stuck},
		{ordersearch.Hold, q.Hold},
		{ordersearch.Currency, q.Currency},
	} {
		if exact.value != "" {
			filters = append(filters, search.Filter{Field: exact.field, Values: []string{exact.value}})
		}
	}
	if q.MinTotal > 0 || q.MaxTotal < maxTotal {
		filters = append(filters, search.Filter{Field: ordersearch.Total, Min: &q.MinTotal, Max: &q.MaxTotal})
	}
	if !q.PlacedFrom.IsZero() || !q.PlacedBefore.IsZero() {
		from, last := int64(1), int64(maxTime)
		if !q.PlacedFrom.IsZero() {
			from = ceiling(q.PlacedFrom)
		}
		if !q.PlacedBefore.IsZero() {
			last = ceiling(q.PlacedBefore) - 1
		}
		filters = append(filters, search.Filter{Field: ordersearch.Placed, Min: &from, Max: &last})
	}
	return filters
}

// ceiling is the first microsecond at a time or after it, within what numbers of the index can be.
func ceiling(at time.Time) int64 {
	micros := at.UnixMicro()
	if at.After(time.UnixMicro(micros)) {
		micros++
	}
	return min(max(micros, -maxTime), maxTime)
}

func (q Query) order() search.Sort {
	switch {
	case q.Sort == "total", q.Sort == "-total":
		return search.Sort{Field: ordersearch.Total, Descending: q.Sort == "-total"}
	case q.Sort == "oldest":
		return search.Sort{Field: ordersearch.Placed}
	case q.Sort == "newest", q.Text == "":
		return search.Sort{Field: ordersearch.Placed, Descending: true}
	default:
		return search.Sort{}
	}
}
