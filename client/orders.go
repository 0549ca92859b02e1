package client

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Money is an amount in the minor unit of its currency: 1250 GBP is £12.50.
type Money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"` // ISO 4217
}

// NewOrder is an order to place.
type NewOrder struct {
	// Key is the idempotency key: the same key is always the same order. "" makes a new one.
	Key string `json:"-"`
	// Wait is how long the service waits for the outcome before it answers that the order is on its
	// way: its default of 10 s when 0, at most MaxWait; a negative one does not wait.
	Wait time.Duration `json:"-"`

	Currency string    `json:"currency"`
	Lines    []NewLine `json:"lines"` // 1 to 1,000
	// PaymentMethod is the payment provider's token; never a card number.
	PaymentMethod string `json:"payment_method"`
	// ExpectedTotal is the total that the customer was shown; when it differs, the order is not
	// placed (PriceChanged). Nil accepts any.
	ExpectedTotal *Money `json:"expected_total,omitempty"`

	// Personal data, kept encrypted. Each may be left out.
	Email           string   `json:"email,omitempty"`
	DeliveryAddress *Address `json:"delivery_address,omitempty"`
	BillingAddress  *Address `json:"billing_address,omitempty"`
	// Reference is the shop's own name of the order, at most 100 characters; Metadata the shop's
	// own data about it, at most 20 names of 40 characters with texts of 500. Both are kept in
	// clear.
	Reference string            `json:"reference,omitempty"`
	Metadata  map[string]string `json:"metadata,omitempty"`
}

// Address of a person or a company. Name, Line1, City and Country are required.
type Address struct {
	Name       string `json:"name"`
	Line1      string `json:"line1"` // street and number
	Line2      string `json:"line2,omitempty"`
	City       string `json:"city"`
	Region     string `json:"region,omitempty"` // state, province or county
	PostalCode string `json:"postal_code,omitempty"`
	Country    string `json:"country"` // ISO 3166-1, two letters
	Phone      string `json:"phone,omitempty"`
}

// String is the address on one line, empty for none.
func (a *Address) String() string {
	if a == nil {
		return ""
	}
	parts := []string{a.Name, a.Line1, a.Line2, strings.TrimSpace(a.PostalCode + " " + a.City), a.Region, a.Country}
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), ", ")
}

// MaxWait is the longest that a service waits for an order's outcome within one request.
const MaxWait = 50 * time.Second

// NewLine asks for a quantity of a product.
type NewLine struct {
	SKU      string `json:"sku"`
	Quantity int64  `json:"quantity"`
}

// Order as it is now.
type Order struct {
	ID     string `json:"id"`
	Number string `json:"number,omitempty"` // the order's number for people
	// Status is one of Placed, Confirmed, Rejected and Cancelled, or None for an order that was
	// accepted and is not recorded yet.
	Status           string       `json:"status"`
	PaymentStatus    string       `json:"payment_status"`
	FulfilmentStatus string       `json:"fulfilment_status"`
	CustomerID       string       `json:"customer_id"`
	Lines            []Line       `json:"lines"`
	Adjustments      []Adjustment `json:"adjustments"`
	Total            Money        `json:"total"`
	Due              Money        `json:"due"` // of the total, for what was not cancelled
	Captured         Money        `json:"captured"`
	Refunded         Money        `json:"refunded"`
	Fees             Money        `json:"fees,omitzero"` // kept of it as fees of cancellations
	// Completed: everything is shipped or cancelled, no money is held, and no refund is owed.
	Completed bool      `json:"completed,omitempty"`
	PlacedAt  time.Time `json:"placed_at,omitzero"`
	SettledAt time.Time `json:"settled_at,omitzero"`
	// Payment that was authorized, if any.
	Payment *OrderPayment `json:"payment,omitempty"`
	// Reason why it was rejected or cancelled.
	Reason *Reason `json:"reason,omitempty"`
	// Stuck has the steps in which its saga is stuck; for operators.
	Stuck   *Stuck `json:"stuck,omitempty"`
	Version int64  `json:"version"`

	Email           string   `json:"email,omitempty"`
	DeliveryAddress *Address `json:"delivery_address,omitempty"`
	BillingAddress  *Address `json:"billing_address,omitempty"`
	// PersonalDataErased: the order had personal data, which cannot be read any more.
	PersonalDataErased bool              `json:"personal_data_erased,omitempty"`
	Reference          string            `json:"reference,omitempty"`
	Metadata           map[string]string `json:"metadata,omitempty"`
	Holds              []Hold            `json:"holds,omitempty"` // why nothing of it is shipped now
	Actions            []Action          `json:"actions"`
	Shipments          []Shipment        `json:"shipments"`
	Refunds            []Refund          `json:"refunds"`
}

// Hold is a reason for which an order is not shipped; it ends with its reason.
type Hold struct {
	Reason  string    `json:"reason"` // payment: what is not shipped is neither authorized nor paid any more
	Since   time.Time `json:"since"`
	Missing Money     `json:"missing"`
}

// Action is something that can be done with an order.
type Action struct {
	Name    string `json:"name"` // cancel, ship or refund
	Method  string `json:"method"`
	Href    string `json:"href"`
	Allowed bool   `json:"allowed"`
	Reason  string `json:"reason,omitempty"` // why it is not
	Effect  string `json:"effect,omitempty"`
}

// Statuses of an order.
const (
	None      = "none"
	Placed    = "placed"
	Confirmed = "confirmed"
	Rejected  = "rejected"
	Cancelled = "cancelled"
)

// Line of an order, as it was priced when the order was placed.
type Line struct {
	Number    int32  `json:"number"` // names the line
	SKU       string `json:"sku"`
	Name      string `json:"name"`
	Quantity  int64  `json:"quantity"`            // as it was ordered
	Cancelled int64  `json:"cancelled,omitempty"` // units of it
	Shipped   int64  `json:"shipped,omitempty"`   // units of it
	UnitPrice Money  `json:"unit_price"`
	Tax       *Money `json:"tax,omitempty"` // of the line, when it is known
}

// Adjustment of the total: shipping, tax or a discount, which is negative.
type Adjustment struct {
	Kind   string `json:"kind"`
	Amount Money  `json:"amount"`
}

// OrderPayment is the payment of an order, as orders knows it.
type OrderPayment struct {
	ID                string    `json:"id"`
	ProviderReference string    `json:"provider_reference"`
	AuthorizedAt      time.Time `json:"authorized_at"`
	// VoidedAt is when the authorization was voided.
	VoidedAt time.Time `json:"voided_at,omitzero"`
}

// Reason says why an order was not confirmed.
type Reason struct {
	Code    string          `json:"code"` // of package refusals
	Message string          `json:"message,omitempty"`
	Details json.RawMessage `json:"details,omitempty"` // of the code's own shape
}

// Stuck says where a saga waits for its next try or for an operator.
type Stuck struct {
	Saga  string      `json:"saga"` // its kind: place-order
	Steps []StuckStep `json:"steps"`
	Since time.Time   `json:"since"`
}

// StuckStep is a step that does not succeed.
type StuckStep struct {
	Step      string `json:"step"`
	Attempts  int    `json:"attempts"`
	LastError string `json:"last_error"`
	Service   string `json:"service,omitempty"`  // that was called
	Kind      string `json:"kind,omitempty"`     // of the error: unreachable, unavailable, timeout, refused, internal
	TraceID   string `json:"trace_id,omitempty"` // of the last attempt
}

// Settled reports whether the order was confirmed, rejected or cancelled.
func (o *Order) Settled() bool {
	return o.Status == Confirmed || o.Status == Rejected || o.Status == Cancelled
}

// Err is the refusal of an order that was rejected or cancelled, as PlaceOrder would have returned
// it (*Refused), else nil.
func (o *Order) Err() error {
	if o.Status != Rejected && o.Status != Cancelled || o.Reason == nil {
		return nil
	}
	r := &Refused{Reason: o.Reason.Code, Message: o.Reason.Message, OrderID: o.ID}
	r.read(o.Reason.Details)
	return r
}

// PlacedOrder is the answer to an accepted order.
type PlacedOrder struct {
	Order
	// Key with which it was placed.
	Key string
	// Replayed: an earlier request with the key placed it.
	Replayed bool
}

// PlaceOrder places an order and waits up to order.Wait for its outcome. It returns an order that
// is confirmed or on its way (see Settled); for one that is refused, rejected or cancelled the
// error is a *Refused.
func (c *Client) PlaceOrder(ctx context.Context, order NewOrder) (*PlacedOrder, error) {
	placed, key, replayed, err := askOnce[Order](ctx, c, call{
		service: orders, method: http.MethodPost, path: "/v1/orders",
		key: order.Key, wait: preference(order.Wait), body: order, timeout: longCallTimeout,
	})
	if err != nil {
		return nil, err
	}
	return &PlacedOrder{Order: *placed, Key: key, Replayed: replayed}, nil
}

// preference returns the Prefer header of a wait.
func preference(wait time.Duration) string {
	switch {
	case wait == 0:
		return ""
	case wait < 0:
		return "respond-async"
	default:
		return "wait=" + strconv.Itoa(int(math.Ceil(min(wait, MaxWait).Seconds())))
	}
}

// PlaceOrderAndWait places an order and waits until it is settled, or until ctx ends. For an order
// that is not confirmed the error is a *Refused. When ctx ends first it returns the order as it was
// last read, with the error of ctx.
func (c *Client) PlaceOrderAndWait(ctx context.Context, order NewOrder) (*PlacedOrder, error) {
	order.Wait = MaxWait
	if deadline, has := ctx.Deadline(); has {
		// The answer has to arrive before ctx ends.
		if order.Wait = time.Until(deadline) - 2*time.Second; order.Wait <= 0 {
			order.Wait = -1
		}
	}
	placed, err := c.PlaceOrder(ctx, order)
	if err != nil || placed.Settled() {
		return placed, err
	}
	settled, err := c.await(ctx, placed.ID, true)
	if settled != nil {
		placed.Order = *settled
	}
	if err != nil {
		return placed, err
	}
	return placed, placed.Err()
}

// AwaitOrder reads an order until it is settled or ctx ends. When ctx ends first it returns the
// order as it was last read, or nil, with the error of ctx. A rejected or cancelled order is no
// error here: see Order.Err.
func (c *Client) AwaitOrder(ctx context.Context, id string) (*Order, error) {
	return c.await(ctx, id, false)
}

// Pauses between two reads of an order.
const (
	firstAsk   = 200 * time.Millisecond
	longestAsk = 2 * time.Second
)

// await also waits for an accepted order that cannot be read yet.
func (c *Client) await(ctx context.Context, id string, taken bool) (last *Order, err error) {
	for pause := firstAsk; ; pause = min(pause*3/2, longestAsk) {
		order, err := c.Order(ctx, id)
		var answered *Problem
		switch {
		case err == nil:
			last = order
			if order.Settled() {
				return order, nil
			}
		case taken && errors.As(err, &answered) && answered.Status == http.StatusNotFound:
		default:
			return last, err
		}
		select {
		case <-ctx.Done():
			return last, ctx.Err()
		case <-time.After(pause):
		}
	}
}

// Order returns one order. The error is a *Problem with status 404 when the caller has none with
// the id.
func (c *Client) Order(ctx context.Context, id string) (*Order, error) {
	return ask[Order](ctx, c, call{service: orders, path: v1("orders", id)})
}

// Timeline is the history of an order.
type Timeline struct {
	OrderID string          `json:"order_id"`
	Entries []TimelineEntry `json:"entries"` // in the order in which they were recorded
}

// TimelineEntry is one event of an order.
type TimelineEntry struct {
	Version int64     `json:"version"` // counts the events of the order, from 1
	Type    string    `json:"type"`    // OrderPlaced
	At      time.Time `json:"at"`
	Text    string    `json:"text"`
}

// Timeline returns the history of an order.
func (c *Client) Timeline(ctx context.Context, id string) (*Timeline, error) {
	return ask[Timeline](ctx, c, call{service: orders, path: v1("orders", id, "timeline")})
}

// OrderFilter selects the orders of a list. Shoppers see only their own.
type OrderFilter struct {
	Status   string // "" for any
	Customer string // "" for everybody; for operators
	Number   string // only the order of this number
	Stuck    bool   // only those whose saga is stuck; for operators
}

// OrderSummary is an order in a list.
type OrderSummary struct {
	ID               string    `json:"id"`
	Number           string    `json:"number,omitempty"`
	Reference        string    `json:"reference,omitempty"`
	Status           string    `json:"status"`
	PaymentStatus    string    `json:"payment_status"`
	FulfilmentStatus string    `json:"fulfilment_status"`
	CustomerID       string    `json:"customer_id"`
	Lines            int       `json:"lines"` // how many
	Total            Money     `json:"total"`
	Reason           string    `json:"reason,omitempty"`
	StuckSteps       []string  `json:"stuck_steps,omitempty"` // for operators
	PlacedAt         time.Time `json:"placed_at,omitzero"`
	SettledAt        time.Time `json:"settled_at,omitzero"`
	Version          int64     `json:"version"`
}

// OrderPage is a part of the list of orders.
type OrderPage struct {
	Page[OrderSummary]
	// Behind is the number of recorded events that the list does not include yet, and BehindFor the age
	// of the oldest of them.
	Behind    int64
	BehindFor time.Duration
}

// Orders lists all orders of the filter, the newest first.
func (c *Client) Orders(ctx context.Context, filter OrderFilter) iter.Seq2[OrderSummary, error] {
	return all(func(page PageRequest) (Page[OrderSummary], error) {
		found, err := c.OrderPage(ctx, filter, page)
		return found.Page, err
	}, PageRequest{Limit: 200})
}

// OrderPage returns one page of Orders.
func (c *Client) OrderPage(ctx context.Context, filter OrderFilter, page PageRequest) (OrderPage, error) {
	query := page.query()
	set(query, "status", filter.Status)
	set(query, "customer", filter.Customer)
	set(query, "number", filter.Number)
	if filter.Stuck {
		query.Set("stuck", "true")
	}
	var body struct {
		Orders []OrderSummary `json:"orders"`
		Next   string         `json:"next_cursor"`
		Behind int64          `json:"behind"`
		For    float64        `json:"behind_seconds"`
	}
	_, err := c.do(ctx, call{service: orders, path: "/v1/orders", query: query}, &body)
	return OrderPage{Page[OrderSummary]{body.Orders, body.Next}, body.Behind, time.Duration(body.For * float64(time.Second))}, err
}
