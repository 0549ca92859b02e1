package client

import (
	"context"
	"net/http"
	"time"
)

// Rebuild is the newest making of a read model: one that is under way, or the one that is live.
type Rebuild struct {
	Generation int64  `json:"generation"` // later ones have greater numbers
	State      string `json:"state"`      // building or live
	Done       int64  `json:"done"`       // events that are in it
	Total      int64  `json:"total"`      // events that are recorded
	// BeganAt is the zero time for a search index.
	BeganAt time.Time `json:"began_at,omitzero"`
}

// RebuildOrders begins to make the lists of orders anew, while they are read. When that has begun
// already it changes nothing.
func (c *Client) RebuildOrders(ctx context.Context) (*Rebuild, error) {
	return c.rebuild(ctx, http.MethodPost, orders, "orders")
}

// OrdersRebuild returns how far the newest making of the lists of orders is.
func (c *Client) OrdersRebuild(ctx context.Context) (*Rebuild, error) {
	return c.rebuild(ctx, http.MethodGet, orders, "orders")
}

// RebuildProducts begins to make the documents of products anew, while they are read. When that has
// begun already it goes on.
func (c *Client) RebuildProducts(ctx context.Context) (*Rebuild, error) {
	return c.rebuild(ctx, http.MethodPost, catalog, "products")
}

// ProductsRebuild returns how far the newest making of the documents of products is.
func (c *Client) ProductsRebuild(ctx context.Context) (*Rebuild, error) {
	return c.rebuild(ctx, http.MethodGet, catalog, "products")
}

func (c *Client) rebuild(ctx context.Context, method string, of service, model string) (*Rebuild, error) {
	return ask[Rebuild](ctx, c, call{service: of, method: method, path: "/v1/rebuilds/" + model})
}
