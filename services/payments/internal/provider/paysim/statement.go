package paysim

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider"
)

var (
	_ provider.Statements = (*Client)(nil)
	_ provider.Lists      = (*Client)(nil)
)

// records are what paysim lists.
type records struct {
	Authorizations []authorization `json:"authorizations"`
	Captures       []movement      `json:"captures"`
	Refunds        []movement      `json:"refunds"`
	Disputes       []dispute       `json:"disputes"`
	Next           uint64          `json:"next"`
	More           bool            `json:"more"`
}

// dispute is one in paysim's words.
type dispute struct {
	ID        string `json:"id"`
	Capture   string `json:"capture"`
	Reference string `json:"reference"`
	Amount    int64  `json:"amount"`
	Fee       int64  `json:"fee"`
	Currency  string `json:"currency"`
	Status    string `json:"status"`
}

// records asks for a list.
func (c *Client) records(ctx context.Context, path *url.URL) (found records, err error) {
	status, problem, err := c.call(ctx, http.MethodGet, path, "", nil, &found)
	switch {
	case err != nil:
		return found, err
	case status != http.StatusOK:
		return found, unexpected(status, problem)
	case found.Authorizations == nil || found.Captures == nil || found.Refunds == nil || found.Disputes == nil:
		return found, errors.New("the answer does not say what there is")
	}
	return found, nil
}

// Statement implements provider.Statements.
func (c *Client) Statement(ctx context.Context, orderID string) ([]provider.Entry, error) {
	all, err := c.statement(ctx, orderID)
	if err != nil {
		return nil, fmt.Errorf("statement of order %s: %w", orderID, err)
	}
	return all.entries(), nil
}

// mostListed is how many records a page has at most.
const mostListed = 1000

// List implements provider.Lists. A page that is too large is asked for in smaller ones: messages of
// declines may be long.
func (c *Client) List(ctx context.Context, after string) (provider.Page, error) {
	path := c.base.JoinPath("v1", "list")
	for limit := mostListed; ; limit /= 10 {
		path.RawQuery = url.Values{"after": {after}, "limit": {strconv.Itoa(limit)}}.Encode()
		found, err := c.records(ctx, path)
		switch {
		case errors.Is(err, errTooLarge) && limit > 1:
			continue
		case err != nil:
			return provider.Page{}, fmt.Errorf("list after %q: %w", after, err)
		}
		return provider.Page{Entries: found.entries(), Next: strconv.FormatUint(found.Next, 10), More: found.More}, nil
	}
}

// disputeKinds are paysim's statuses of a dispute.
var disputeKinds = map[string]provider.Kind{"open": provider.Disputed, "won": provider.Won, "lost": provider.Lost}

// entries are the records in the port's words.
func (r records) entries() (entries []provider.Entry) {
	add := func(entry provider.Entry, fact provider.Fact, err error, order, key, reference string) {
		if err != nil {
			entry.Unclear, fact = err.Error(), provider.Fact{OrderID: order, Key: key}
		}
		fact.Reference = reference // also of a decline
		entry.Fact = fact
		entries = append(entries, entry)
	}
	for _, a := range r.Authorizations {
		fact, err := a.fact()
		add(provider.Entry{What: domain.Authorize}, fact, err, a.Reference, a.IdempotencyKey, a.ID)
	}
	for _, m := range r.Captures {
		fact, err := m.fact()
		add(provider.Entry{What: domain.Capture, Of: m.Authorization}, fact, err, m.Reference, m.IdempotencyKey, m.ID)
	}
	for _, m := range r.Refunds {
		fact, err := m.fact()
		add(provider.Entry{What: domain.Refund, Of: m.Capture}, fact, err, m.Reference, m.IdempotencyKey, m.ID)
	}
	for _, d := range r.Disputes {
		fact, err := d.fact()
		add(provider.Entry{What: domain.Dispute, Of: d.Capture, Fee: minor(d.Currency, d.Fee)}, fact, err, d.Reference, "", d.ID)
	}
	return entries
}

// fact is what paysim says of a dispute, in its own values.
func (d dispute) fact() (provider.Fact, error) {
	kind, known := disputeKinds[d.Status]
	money, err := fromPaysim(d.Currency, d.Amount)
	if !known || err != nil {
		return provider.Fact{}, &provider.UnclearError{Reference: d.ID, Status: d.Status}
	}
	return provider.Fact{Kind: kind, OrderID: d.Reference, Reference: d.ID, Money: money}, nil
}
