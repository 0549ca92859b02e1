package client

import (
	"context"
	"iter"
	"net/http"
	"time"
)

// Cause is what is in the way of orders: a saga, its step and the kind of the error.
type Cause struct {
	Cause     string        `json:"cause"` // its name: place-order/VoidPayment/unavailable
	Saga      string        `json:"saga"`
	Step      string        `json:"step,omitempty"` // "" when the saga cannot report one
	Kind      string        `json:"kind"`
	Service   string        `json:"service,omitempty"`
	Orders    int           `json:"orders"`
	AtRisk    []Money       `json:"at_risk"`
	Units     int64         `json:"units"`
	Oldest    time.Time     `json:"oldest"`
	NextTry   time.Time     `json:"next_try,omitzero"` // zero when it is not known
	Builds    []string      `json:"builds"`
	LastError string        `json:"last_error"`
	Example   string        `json:"example"` // one of the orders
	Acts      []PossibleAct `json:"acts"`    // on the example
}

// Causes are what is in the way of sagas, the one with the most orders first.
type Causes struct {
	Causes []Cause `json:"causes"`
	More   bool    `json:"more"`   // the counts are lower bounds
	Unseen int     `json:"unseen"` // sagas that probably have no run: too many to be looked at one by one
	Blind  bool    `json:"blind"`  // Temporal did not answer
}

// Causes lists what is in the way of sagas. For operators.
func (c *Client) Causes(ctx context.Context) (*Causes, error) {
	return ask[Causes](ctx, c, call{service: orders, path: "/v1/sagas/causes"})
}

// StuckOrder is an order whose saga needs an operator.
type StuckOrder struct {
	OrderID   string    `json:"order_id"`
	Version   int64     `json:"version"`
	Cause     string    `json:"cause"`
	Attempts  int       `json:"attempts,omitempty"`
	LastError string    `json:"last_error"`
	Since     time.Time `json:"since"`
	NextTry   time.Time `json:"next_try,omitzero"`
	AtRisk    Money     `json:"at_risk"`
	Units     int64     `json:"units"`
	Build     string    `json:"build,omitempty"`
}

// StuckOrders lists all orders whose sagas need an operator, of a cause or, when it is "", of all.
// For operators.
func (c *Client) StuckOrders(ctx context.Context, cause string) iter.Seq2[StuckOrder, error] {
	return all(func(page PageRequest) (Page[StuckOrder], error) { return c.StuckPage(ctx, cause, page) }, PageRequest{Limit: 1000})
}

// StuckPage returns one page of StuckOrders.
func (c *Client) StuckPage(ctx context.Context, cause string, page PageRequest) (Page[StuckOrder], error) {
	query := page.query()
	set(query, "cause", cause)
	return list[StuckOrder](ctx, c, "orders", call{service: orders, path: "/v1/sagas/stuck", query: query})
}

// NewAct is an operator's decision about a stuck saga.
type NewAct struct {
	// Key is the idempotency key: the same key is the same act. "" makes a new one.
	Key string `json:"-"`
	// ETag of the order; "*" for any version. When the order has changed since, nothing is done, and
	// the error is a *Problem with status 412.
	ETag string `json:"-"`

	Act       string `json:"act"`                 // retry, skip or settle
	Step      string `json:"step,omitempty"`      // to skip or to settle
	Reference string `json:"reference,omitempty"` // of settle: the payment provider's
	Note      string `json:"note"`                // why
	Cause     string `json:"cause,omitempty"`     // whose orders are acted on together
}

// Act acts on the stuck saga of an order. The same act again, with its key, tells what became of it,
// and wakes the saga again if it does not know of it yet.
func (c *Client) Act(ctx context.Context, orderID string, act NewAct) (*DoneAct, error) {
	done, _, _, err := askOnce[DoneAct](ctx, c, call{
		service: orders, method: http.MethodPost, path: v1("orders", orderID, "acts"), key: act.Key, etag: act.ETag, body: act,
	})
	return done, err
}
