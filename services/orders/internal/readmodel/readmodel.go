// Package readmodel has the documents orders are read from in lists: small summaries, and the whole
// order by its id. They are made from the log alone and can be thrown away.
package readmodel

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Subscription is the name under which the projector follows the log.
const Subscription = "read-model"

const (
	orders    = "orders"
	summaries = "order_summaries"
)

// Orders has the whole orders, Order by its id.
func Orders(db *mongo.Database) *mongo.Collection { return db.Collection(orders) }

// Summaries has what lists show, Summary by the order's id. Lists filter and sort it, so it is kept
// small: the read store may do both in memory.
func Summaries(db *mongo.Database) *mongo.Collection { return db.Collection(summaries) }

// Summary is an order in a list. Times have milliseconds here.
type Summary struct {
	ID               string   `bson:"_id"`
	CustomerID       string   `bson:"customer_id"`
	Status           string   `bson:"status"`
	PaymentStatus    string   `bson:"payment_status"`
	FulfilmentStatus string   `bson:"fulfilment_status"`
	Lines            int      `bson:"lines"`
	Total            Money    `bson:"total"`
	Reason           string   `bson:"reason,omitempty"`
	Stuck            bool     `bson:"stuck"`
	StuckSteps       []string `bson:"stuck_steps,omitempty"`
	// Opened is the position of its first event in the log: lists are in this order, and no two
	// orders share it.
	Opened    int64      `bson:"opened"`
	Page      int64      `bson:"page"` // PageOf(Opened)
	PlacedAt  *time.Time `bson:"placed_at,omitempty"`
	SettledAt *time.Time `bson:"settled_at,omitempty"`
	Version   int64      `bson:"version"`
}

// pageSize is how many positions of the log make a page: some hundred orders.
const pageSize = 1000

// PageOf is the page of a position. Lists are read page by page, because it is by equality alone
// that every read store finds documents without reading all.
func PageOf(position int64) int64 { return position / pageSize }

// PageStart is the first position of a page.
func PageStart(page int64) int64 { return page * pageSize }

// Order is a whole order.
type Order struct {
	ID               string       `bson:"_id"`
	CustomerID       string       `bson:"customer_id"`
	RequestHash      string       `bson:"request_hash"`
	Status           string       `bson:"status"`
	PaymentStatus    string       `bson:"payment_status"`
	FulfilmentStatus string       `bson:"fulfilment_status"`
	Lines            []Line       `bson:"lines"`
	Adjustments      []Adjustment `bson:"adjustments"`
	Total            Money        `bson:"total"`
	Payment          *Payment     `bson:"payment,omitempty"`
	Reason           *Reason      `bson:"reason,omitempty"`
	Stuck            *Stuck       `bson:"stuck,omitempty"`
	PlacedAt         *time.Time   `bson:"placed_at,omitempty"`
	SettledAt        *time.Time   `bson:"settled_at,omitempty"`
	Version          int64        `bson:"version"`
}

// Money is an amount in the minor unit of its currency.
type Money struct {
	Amount   int64  `bson:"amount"`
	Currency string `bson:"currency"`
}

// Line is a quantity of one product.
type Line struct {
	SKU       string `bson:"sku"`
	Name      string `bson:"name"`
	UnitPrice int64  `bson:"unit_price"`
	Quantity  int64  `bson:"quantity"`
}

// Adjustment of the total.
type Adjustment struct {
	Kind   string `bson:"kind"`
	Amount int64  `bson:"amount"`
}

// Payment is the payment that was authorized.
type Payment struct {
	ID                string     `bson:"id"`
	ProviderReference string     `bson:"provider_reference"`
	AuthorizedAt      time.Time  `bson:"authorized_at"`
	VoidedAt          *time.Time `bson:"voided_at,omitempty"`
}

// Reason says why an order was not confirmed.
type Reason struct {
	Code    string `bson:"code"`
	Message string `bson:"message,omitempty"`
	Details string `bson:"details,omitempty"` // JSON, as the stream has it
}

// Stuck says where the saga that works on the order waits.
type Stuck struct {
	Saga  string      `bson:"saga"`
	Steps []StuckStep `bson:"steps"`
	Since time.Time   `bson:"since"`
}

// StuckStep is a step that used up its attempts.
type StuckStep struct {
	Step      string `bson:"step"`
	Attempts  int    `bson:"attempts"`
	LastError string `bson:"last_error"`
}

// Prepare makes the indexes of the lists: by customer, by status, by page. It may be called again.
func Prepare(ctx context.Context, db *mongo.Database) error {
	for _, field := range []string{"customer_id", "status", "page"} {
		// One a command: FerretDB 1 panics when a command names two that exist.
		_, err := Summaries(db).Indexes().CreateOne(ctx, mongo.IndexModel{
			Keys:    bson.D{{Key: field, Value: 1}, {Key: "opened", Value: -1}},
			Options: options.Index().SetName("by_" + field),
		})
		if err != nil {
			return fmt.Errorf("index %s by %s: %w", summaries, field, err)
		}
	}
	return nil
}
