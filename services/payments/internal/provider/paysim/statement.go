package paysim

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/ordersaga/ordersaga/services/payments/internal/provider"
)

var _ provider.Statements = (*Client)(nil)

// Statement implements provider.Statements.
func (c *Client) Statement(ctx context.Context, orderID string) ([]provider.Entry, error) {
	var answer struct {
		Authorizations []authorization `json:"authorizations"`
	}
	path := c.base.JoinPath("v1", "authorizations")
	path.RawQuery = url.Values{"reference": {orderID}}.Encode()
	status, problem, err := c.call(ctx, http.MethodGet, path, "", nil, &answer)
	if err != nil {
		return nil, fmt.Errorf("statement of order %s: %w", orderID, err)
	}
	if status != http.StatusOK {
		return nil, fmt.Errorf("statement of order %s: %w", orderID, unexpected(status, problem))
	}
	entries := make([]provider.Entry, len(answer.Authorizations))
	for i, a := range answer.Authorizations {
		entries[i] = provider.Entry{
			Key: a.IdempotencyKey, Reference: a.ID, Amount: a.Amount, Currency: a.Currency,
			Open: a.Status != "voided" && a.Status != "declined",
		}
	}
	return entries, nil
}
