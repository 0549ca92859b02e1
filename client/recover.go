package client

import (
	"context"
	"net/http"
)

// Resumption is what became of a page of open sagas.
type Resumption struct {
	Open    int    `json:"open"`    // sagas that are open, on all pages
	Looked  int    `json:"looked"`  // sagas of this page
	Resumed int    `json:"resumed"` // of these, had no run: one was started
	Failed  int    `json:"failed"`  // of these, could not be started
	Next    string `json:"next_cursor,omitempty"`
}

// ResumeSagas starts a run for each saga of a page that has none. It may be repeated. For operators.
func (c *Client) ResumeSagas(ctx context.Context, page PageRequest) (*Resumption, error) {
	return ask[Resumption](ctx, c, call{service: orders, method: http.MethodPost, path: "/v1/sagas/resumptions", query: page.query()})
}
