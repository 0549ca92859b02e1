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
	if err == nil {
		var entries []provider.Entry
		if entries, err = all.entries(); err == nil {
			return entries, nil
		}
	}
	return nil, fmt.Errorf("statement of order %s: %w", orderID, err)
}

// List implements provider.Lists.
func (c *Client) List(ctx context.Context, after string) (provider.Page, error) {
	path := c.base.JoinPath("v1", "list")
	path.RawQuery = url.Values{"after": {after}}.Encode()
	found, err := c.records(ctx, path)
	if err == nil {
		var entries []provider.Entry
		if entries, err = found.entries(); err == nil {
			return provider.Page{Entries: entries, Next: strconv.FormatUint(found.Next, 10), More: found.More}, nil
		}
	}
	return provider.Page{}, fmt.Errorf("list after %q: %w", after, err)
}

// disputeKinds are paysim's statuses of a dispute.
var disputeKinds = map[string]provider.Kind{"open": provider.Disputed, "won": provider.Won, "lost": provider.Lost}

// entries are the records in the port's words. A record that is not clear spoils the list: what it
// leaves out would look as if it were not there.
func (r records) entries() (entries []provider.Entry, err error) {
	for _, a := range r.Authorizations {
		fact, err := a.fact()
		if err != nil {
			return nil, err
		}
		fact.Reference = a.ID // also of a decline
		entries = append(entries, provider.Entry{What: domain.Authorize, Fact: fact})
	}
	for _, m := range r.Captures {
		fact, err := m.fact()
		if err != nil {
			return nil, err
		}
		entries = append(entries, provider.Entry{What: domain.Capture, Fact: fact, Of: m.Authorization})
	}
	for _, m := range r.Refunds {
		fact, err := m.fact()
		if err != nil {
			return nil, err
		}
		entries = append(entries, provider.Entry{What: domain.Refund, Fact: fact, Of: m.Capture})
	}
	for _, d := range r.Disputes {
		kind, known := disputeKinds[d.Status]
		money, err := fromPaysim(d.Currency, d.Amount)
		if !known || err != nil {
			return nil, &provider.UnclearError{Reference: d.ID, Status: d.Status}
		}
		entries = append(entries, provider.Entry{
			What: domain.Dispute, Of: d.Capture, Fee: minor(d.Currency, d.Fee),
			Fact: provider.Fact{Kind: kind, OrderID: d.Reference, Reference: d.ID, Money: money},
		})
	}
	return entries, nil
}
