package paysim

import (
	"context"
	"fmt"

	"github.com/ordersaga/ordersaga/services/payments/internal/provider"
)

var _ provider.Statements = (*Client)(nil)

// Statement implements provider.Statements.
func (c *Client) Statement(ctx context.Context, orderID string) ([]provider.Entry, error) {
	authorizations, err := c.authorizationsOf(ctx, orderID)
	if err != nil {
		return nil, fmt.Errorf("statement of order %s: %w", orderID, err)
	}
	entries := make([]provider.Entry, len(authorizations))
	for i, a := range authorizations {
		entries[i] = provider.Entry{
			Key: a.IdempotencyKey, Reference: a.ID, Money: a.money(),
			Open: a.Status != "voided" && a.Status != "declined",
		}
	}
	return entries, nil
}
