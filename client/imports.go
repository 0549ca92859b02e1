package client

import (
	"context"
	"net/http"
	"time"
)

// Formats of a file of products.
const (
	CSV       = "text/csv"
	JSONLines = "application/x-ndjson"
)

// ImportReport counts what became of the rows of a file.
type ImportReport struct {
	Created   int `json:"created"`
	Changed   int `json:"changed"`
	Unchanged int `json:"unchanged"`
}

// importTimeout is 30 s in which the file arrives, 55 s in which it is stored, and some.
const importTimeout = 90 * time.Second

// ImportProducts creates and changes products as a file says, all of it or nothing; format is CSV or
// JSONLines. What is wrong with its rows is in the Errors of a *Problem with status 422, and how many
// more there are in its member "more". It is safe to repeat. While the file is sent, sent is told how
// many bytes of it are, from other goroutines; it may be nil. A further try begins at 0 again.
func (c *Client) ImportProducts(ctx context.Context, format string, file []byte, sent func(bytes int)) (*ImportReport, error) {
	return ask[ImportReport](ctx, c, call{
		service: catalog, method: http.MethodPost, path: "/v1/products/import",
		contentType: format, content: file, sent: sent, timeout: importTimeout,
	})
}

// Announced is a part of what was told of again.
type Announced struct {
	Announced int    `json:"announced"`
	Next      string `json:"next_cursor,omitempty"` // "" when there is no more
}

// AnnounceProducts has the catalog tell of up to 1,000 products again, after those of a cursor: for
// readers of its events that begin anew.
func (c *Client) AnnounceProducts(ctx context.Context, cursor string) (*Announced, error) {
	return c.announce(ctx, catalog, "/v1/products/announcements", cursor)
}

// AnnounceStock has inventory tell of up to 1,000 levels again, as AnnounceProducts does.
func (c *Client) AnnounceStock(ctx context.Context, cursor string) (*Announced, error) {
	return c.announce(ctx, inventory, "/v1/stock/announcements", cursor)
}

func (c *Client) announce(ctx context.Context, by service, path, cursor string) (*Announced, error) {
	return ask[Announced](ctx, c, call{service: by, method: http.MethodPost, path: path, query: PageRequest{Cursor: cursor}.query()})
}
