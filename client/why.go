package client

import (
	"context"
	"time"
)

// Why is why an order is as it is. Shoppers get the first fields only.
type Why struct {
	OrderID string    `json:"order_id"`
	Status  string    `json:"status"`
	Since   time.Time `json:"since"`
	Text    string    `json:"text"` // a few sentences for people
	Next    WhyNext   `json:"next"`
	Version int64     `json:"version"`
	// ETag of the order, for NewAct.
	ETag string `json:"-"`

	Saga *WhySaga `json:"saga,omitempty"`
	// Problem is what the saga cannot report itself: no_run, paused, task_failing or no_worker.
	Problem string        `json:"problem,omitempty"`
	Steps   []StuckStep   `json:"steps,omitempty"` // in which the saga is stuck
	Run     *WhyRun       `json:"run,omitempty"`
	Acts    []PossibleAct `json:"acts,omitempty"`
	Acted   []DoneAct     `json:"acted,omitempty"` // the oldest first
}

// WhyNext is what happens next.
type WhyNext struct {
	Text string    `json:"text"`
	At   time.Time `json:"at,omitzero"` // zero when it is not known
}

// WhySaga is the saga that works on an order.
type WhySaga struct {
	Kind      string    `json:"kind"`
	Instance  string    `json:"instance"`
	BeganAt   time.Time `json:"began_at"`
	Direction string    `json:"direction"` // forward or back
	Reason    *Reason   `json:"reason,omitempty"`
	Build     string    `json:"build,omitempty"`
}

// WhyRun is the saga's workflow in Temporal.
type WhyRun struct {
	WorkflowID string       `json:"workflow_id"`
	RunID      string       `json:"run_id,omitempty"`
	Type       string       `json:"type,omitempty"`
	State      string       `json:"state"` // running, none, or how it was closed
	Build      string       `json:"build,omitempty"`
	Problems   []string     `json:"problems,omitempty"`
	Pending    []WhyPending `json:"pending,omitempty"`
}

// WhyPending is a step at work.
type WhyPending struct {
	Step      string    `json:"step"`
	Attempt   int32     `json:"attempt"`
	LastError string    `json:"last_error,omitempty"`
	NextAt    time.Time `json:"next_at,omitzero"`
}

// PossibleAct is something that an operator can do about a stuck saga.
type PossibleAct struct {
	Name    string `json:"name"` // retry, skip or settle
	Step    string `json:"step,omitempty"`
	Method  string `json:"method"`
	Href    string `json:"href"`
	Allowed bool   `json:"allowed"`
	Reason  string `json:"reason,omitempty"` // why it is not allowed
	Effect  string `json:"effect,omitempty"`
}

// DoneAct is an act of an operator and what became of it.
type DoneAct struct {
	ID        string    `json:"id"`
	Act       string    `json:"act"`
	Step      string    `json:"step,omitempty"`
	Reference string    `json:"reference,omitempty"`
	Note      string    `json:"note"`
	By        string    `json:"by"`
	Cause     string    `json:"cause,omitempty"`
	At        time.Time `json:"at"`
	State     string    `json:"state"` // pending, taken, helped or in_vain
}

func (w *Why) tag(etag string) { w.ETag = etag }

// WhyOrder explains an order.
func (c *Client) WhyOrder(ctx context.Context, id string) (*Why, error) {
	return ask[Why](ctx, c, call{service: orders, path: v1("orders", id, "why")})
}
