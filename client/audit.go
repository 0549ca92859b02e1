package client

import (
	"context"
	"fmt"
	"iter"
	"net/url"
	"strings"
	"time"
)

// The audit operations return each service's own records for an auditor. All are for operators.

// AuditOrder is the state of an order by the log.
type AuditOrder struct {
	ID            string    `json:"id"`
	Status        string    `json:"status"`
	PaymentStatus string    `json:"payment_status"`
	Total         Money     `json:"total"`
	Units         int64     `json:"units"`   // that are not cancelled
	Shipped       int64     `json:"shipped"` // of them
	Open          int64     `json:"open"`    // authorized, in minor units as the next four
	Captured      int64     `json:"captured"`
	Refunded      int64     `json:"refunded"`
	Fees          int64     `json:"fees"`            // kept of the amounts of cancelled units, minor units
	Owed          int64     `json:"owed"`            // to the shopper, of refunds that failed, minor units
	ToShip        int64     `json:"to_ship"`         // the amount of what is neither shipped nor cancelled, minor units
	Prepaid       int64     `json:"prepaid"`         // captured for it, minor units
	Holds         []Hold    `json:"holds,omitempty"` // why nothing of it is shipped now
	PlacedAt      time.Time `json:"placed_at,omitzero"`
	// OpenSaga is the kind of the saga that works on it, "" when none does.
	OpenSaga string `json:"open_saga,omitempty"`
	Stuck    *Stuck `json:"stuck,omitempty"`
	// Unreadable is the reason why the running version of orders cannot read it, or "". Such an
	// order has only its id.
	Unreadable string `json:"-"`
}

// UnreadableOrder is an order that the running version of orders cannot read.
type UnreadableOrder struct {
	ID     string `json:"id"`
	Reason string `json:"reason"`
}

// AuditReservation is the stock that an order has or had, in units.
type AuditReservation struct {
	OrderID   string `json:"order_id"`
	Held      int64  `json:"held"`
	Allocated int64  `json:"allocated"`
	Shipped   int64  `json:"shipped"`
	Released  int64  `json:"released"`
	Expired   int64  `json:"expired"`
}

// AuditPayment is an order's payment, with the sums of its journal.
type AuditPayment struct {
	OrderID    string `json:"order_id"`
	Status     string `json:"status"`
	Amount     int64  `json:"amount"` // minor units
	Currency   string `json:"currency,omitempty"`
	Unfinished int    `json:"unfinished"`
	Untold     bool   `json:"untold,omitempty"` // the order does not know yet what became of its money by itself
	PaymentTotals
	// ProviderBalance is what the provider owes the shop by the ledger.
	ProviderBalance int64 `json:"provider_balance"`
	// Problems are the contradictions between payment, journal and provider.
	Problems []string `json:"problems,omitempty"`
}

// Unbalanced says what of a payment does not add up: the parts of what was authorized, and what the
// provider owes by the ledger.
func (p AuditPayment) Unbalanced() (problems []string) {
	if parts := p.Open + p.Capturing + p.Captured + p.Voided + p.Expired; parts != p.Authorized {
		problems = append(problems, fmt.Sprintf("%d %s were authorized, and %d are open, captured, voided or expired", p.Authorized, p.Currency, parts))
	}
	if net := p.Captured - p.Refunded - p.Disputed - p.Fees; net != p.ProviderBalance {
		problems = append(problems, fmt.Sprintf("%d %s are captured and not refunded or disputed, and by the ledger the provider owes %d",
			net, p.Currency, p.ProviderBalance))
	}
	return problems
}

// AuditProduct is a product whose document is compared with its row.
type AuditProduct struct {
	SKU     string             `json:"sku"`
	Problem string             `json:"problem,omitempty"`
	Stock   *AuditProductStock `json:"stock,omitempty"` // what shoppers are shown
}

// AuditProductStock is the stock that shoppers are shown.
type AuditProductStock struct {
	Available int64 `json:"available"`
	Version   int64 `json:"version"`
}

// AuditLevel is the stock of a SKU.
type AuditLevel struct {
	SKU       string `json:"sku"`
	Available int64  `json:"available"`
	Version   int64  `json:"version"`
}

// AuditStock is the sum of all stock, and the SKUs out of balance, at one point in time.
type AuditStock struct {
	SKUs             int64            `json:"skus"`
	OnHand           int64            `json:"on_hand"`
	Reserved         int64            `json:"reserved"`
	Received         int64            `json:"received"`
	Shipped          int64            `json:"shipped"`
	Returned         int64            `json:"returned"`
	WrittenOff       int64            `json:"written_off"`
	LiveReservations int64            `json:"live_reservations"`
	LiveUnits        int64            `json:"live_units"`
	Movements        int64            `json:"movements"`
	Wrong            int64            `json:"wrong"`     // SKUs that are out of balance
	Offenders        []StockImbalance `json:"offenders"` // the first 100 of them
}

// StockImbalance is a SKU that is out of balance.
type StockImbalance struct {
	SKU      string   `json:"sku"`
	Problems []string `json:"problems"`
}

// ReadModelPage compares a part of the orders with their documents.
type ReadModelPage struct {
	Compared   int64               `json:"compared"`
	Behind     int64               `json:"behind"` // of these, not compared since events are on their way
	Mismatches []ReadModelMismatch `json:"mismatches"`
	Next       string              `json:"next_cursor,omitempty"`
}

// ReadModelMismatch is a document that differs from the log.
type ReadModelMismatch struct {
	OrderID    string `json:"order_id"`
	Collection string `json:"collection"`
	Problem    string `json:"problem"`
}

// EventDelivery describes the undelivered events of a service.
type EventDelivery struct {
	// Outbox is nil for a service that publishes from its log.
	Outbox        *OutboxBacklog         `json:"outbox,omitempty"`
	Consumers     []ConsumerBacklog      `json:"consumers"`
	Subscriptions []SubscriptionPosition `json:"subscriptions"`
}

// OutboxBacklog describes the events that are committed and not published.
type OutboxBacklog struct {
	Pending       int64   `json:"pending"`
	OldestSeconds float64 `json:"oldest_seconds"`
	// Problem is the reason why the oldest could not be published, or "".
	Problem string `json:"problem,omitempty"`
}

// ConsumerBacklog counts the messages that wait for a consumer, and its dead letters.
type ConsumerBacklog struct {
	Name     string       `json:"name"`
	Declared bool         `json:"declared"` // its queues exist
	Waiting  int64        `json:"waiting"`
	Retrying int64        `json:"retrying"`
	Dead     int64        `json:"dead"`
	Letters  []DeadLetter `json:"letters"` // the oldest, at most 200
}

// DeadLetter is a message that a consumer could not handle.
type DeadLetter struct {
	EventID   string `json:"event_id"`
	EventType string `json:"event_type"`
	Cause     string `json:"cause"` // poison, retries_exhausted, or what the broker says
	Reason    string `json:"reason,omitempty"`
}

// SubscriptionPosition is the progress of a reader of the event log.
type SubscriptionPosition struct {
	Name     string `json:"name"`
	Position int64  `json:"position"`
	Head     int64  `json:"head"`
	// Deferred counts the streams that wait for a newer version of the service.
	Deferred int64 `json:"deferred,omitempty"`
}

// AuditOrders lists all orders by the log.
func (c *Client) AuditOrders(ctx context.Context) iter.Seq2[AuditOrder, error] {
	return all(func(page PageRequest) (Page[AuditOrder], error) { return c.auditOrders(ctx, page.query()) }, PageRequest{})
}

// AuditReservations lists all reservations of stock.
func (c *Client) AuditReservations(ctx context.Context) iter.Seq2[AuditReservation, error] {
	return audit[AuditReservation](ctx, c, inventory, "reservations")
}

// AuditPayments lists all payments, reconciled with the payment provider.
func (c *Client) AuditPayments(ctx context.Context) iter.Seq2[AuditPayment, error] {
	return audit[AuditPayment](ctx, c, payments, "payments")
}

// ProviderPage is a part of the payment provider's list, compared with the journal of payments.
type ProviderPage struct {
	Listed      bool                 `json:"listed"` // whether the provider has a list
	Records     int                  `json:"records"`
	Differences []ProviderDifference `json:"differences"`
	Next        string               `json:"next_cursor"`
}

// ProviderDifference is a record of the provider that differs from the journal, or is not in it.
type ProviderDifference struct {
	OrderID   string `json:"order_id"`
	Reference string `json:"reference"`
	Problem   string `json:"problem"`
}

// AuditProvider returns a page of the payment provider's list; the cursor is Next of the page
// before.
func (c *Client) AuditProvider(ctx context.Context, cursor string) (*ProviderPage, error) {
	return ask[ProviderPage](ctx, c, call{
		service: payments, path: "/v1/audit/provider", query: PageRequest{Cursor: cursor}.query(), timeout: longCallTimeout,
	})
}

// AuditProducts lists all products, compared with their documents.
func (c *Client) AuditProducts(ctx context.Context) iter.Seq2[AuditProduct, error] {
	return audit[AuditProduct](ctx, c, catalog, "products")
}

// AuditLevels lists the stock levels of all SKUs.
func (c *Client) AuditLevels(ctx context.Context) iter.Seq2[AuditLevel, error] {
	return audit[AuditLevel](ctx, c, inventory, "levels")
}

// MaxAudited bounds the orders audited by id in one call.
const MaxAudited = 100

// AuditOrdersByID returns the orders of at most MaxAudited ids, without those that do not exist.
func (c *Client) AuditOrdersByID(ctx context.Context, ids []string) ([]AuditOrder, error) {
	query, err := byID(ids)
	if query == nil {
		return nil, err
	}
	page, err := c.auditOrders(ctx, query)
	return page.Items, err
}

func (c *Client) auditOrders(ctx context.Context, query url.Values) (Page[AuditOrder], error) {
	var body struct {
		Orders     []AuditOrder      `json:"orders"`
		Unreadable []UnreadableOrder `json:"unreadable"`
		Next       string            `json:"next_cursor"`
	}
	_, err := c.do(ctx, call{
		service: orders, path: "/v1/audit/orders", query: query, timeout: longCallTimeout,
	}, &body)
	for _, order := range body.Unreadable {
		body.Orders = append(body.Orders, AuditOrder{ID: order.ID, Unreadable: order.Reason})
	}
	return Page[AuditOrder]{body.Orders, body.Next}, err
}

// AuditReservationsByID returns the reservations of at most MaxAudited orders.
func (c *Client) AuditReservationsByID(ctx context.Context, orderIDs []string) ([]AuditReservation, error) {
	return auditByID[AuditReservation](ctx, c, inventory, "reservations", orderIDs)
}

// AuditPaymentsByID returns the payments of at most MaxAudited orders.
func (c *Client) AuditPaymentsByID(ctx context.Context, orderIDs []string) ([]AuditPayment, error) {
	return auditByID[AuditPayment](ctx, c, payments, "payments", orderIDs)
}

// AuditStock adds up all stock.
func (c *Client) AuditStock(ctx context.Context) (*AuditStock, error) {
	return auditOf[AuditStock](ctx, c, inventory, "stock", nil)
}

// AuditReadModel compares one page of the orders with their documents.
func (c *Client) AuditReadModel(ctx context.Context, cursor string) (*ReadModelPage, error) {
	return auditOf[ReadModelPage](ctx, c, orders, "read-model", PageRequest{Cursor: cursor}.query())
}

// AuditDelivery returns the undelivered events of a service, by its name: orders, catalog,
// inventory.
func (c *Client) AuditDelivery(ctx context.Context, name string) (*EventDelivery, error) {
	return auditOf[EventDelivery](ctx, c, service(name), "delivery", nil)
}

// audit iterates over a list of a service's audit, whose items have the list's name.
func audit[T any](ctx context.Context, c *Client, of service, list string) iter.Seq2[T, error] {
	return all(func(page PageRequest) (Page[T], error) {
		return auditPage[T](ctx, c, of, list, page.query())
	}, PageRequest{})
}

func auditByID[T any](ctx context.Context, c *Client, of service, list string, ids []string) ([]T, error) {
	query, err := byID(ids)
	if query == nil {
		return nil, err
	}
	page, err := auditPage[T](ctx, c, of, list, query)
	return page.Items, err
}

// byID returns the query for some orders; nil for none.
func byID(ids []string) (url.Values, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	if len(ids) > MaxAudited {
		return nil, fmt.Errorf("at most %d orders can be audited at once, not %d", MaxAudited, len(ids))
	}
	return url.Values{"orders": {strings.Join(ids, ",")}}, nil
}

func auditPage[T any](ctx context.Context, c *Client, of service, name string, query url.Values) (Page[T], error) {
	return list[T](ctx, c, name, call{service: of, path: "/v1/audit/" + name, query: query, timeout: longCallTimeout})
}

func auditOf[T any](ctx context.Context, c *Client, of service, what string, query url.Values) (*T, error) {
	return ask[T](ctx, c, call{service: of, path: "/v1/audit/" + what, query: query})
}
