// Package ordersearch is what operators find orders by: the index's schema, and the changes of the
// log that it is fed from. No personal data is in it: an email address is kept as a token, which
// tells nobody what the address is.
package ordersearch

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ordersaga/ordersaga/platform/search"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
)

// Fields of the index.
const (
	// Of words.
	Number    = "number"
	Reference = "reference"
	Customer  = "customer"
	Items     = "items" // SKUs and names of the lines
	Note      = "note"  // why it was not confirmed, and metadata

	// Of exact values.
	ExactNumber    = "exact_number"
	ExactReference = "exact_reference"
	ExactCustomer  = "exact_customer"
	Email          = "email" // a token
	SKU            = "sku"
	Status         = "status"
	PaymentStatus  = "payment_status"
	Reason         = "reason"
	Stuck          = "stuck"
	Hold           = "hold" // why nothing of it is shipped
	Currency       = "currency"

	// Numbers.
	Total  = "total"  // minor units
	Placed = "placed" // microseconds since 1970, as the log keeps times
)

// Schema of the index.
var Schema = search.Schema{
	Name: "orders", Revision: 3,
	Texts: []search.Text{
		{Name: Number, Weight: 4}, {Name: Reference, Weight: 4}, {Name: Customer, Weight: 3}, {Name: Items, Weight: 2}, {Name: Note, Weight: 1},
	},
	Keywords: []string{ExactNumber, ExactReference, ExactCustomer, Email, SKU, Status, PaymentStatus, Reason, Stuck, Hold, Currency},
	Numbers:  []string{Total, Placed},
}

// Order as it is found.
type Order struct {
	ID            string     `json:"id" format:"uuid"`
	Number        string     `json:"number,omitempty" doc:"What people call the order." example:"100042"`
	Reference     string     `json:"reference,omitempty" doc:"The shop's own."`
	Status        string     `json:"status" enum:"none,placed,confirmed,rejected,cancelled"`
	PaymentStatus string     `json:"payment_status"`
	CustomerID    string     `json:"customer_id"`
	Lines         int        `json:"lines" doc:"How many."`
	Total         view.Money `json:"total"`
	Reason        string     `json:"reason,omitempty" doc:"Why it was rejected or cancelled." example:"out_of_stock"`
	StuckSteps    []string   `json:"stuck_steps,omitempty" nullable:"false" doc:"The steps its saga is stuck in."`
	Holds         []string   `json:"holds,omitempty" nullable:"false" doc:"Why nothing of it is shipped now." example:"payment"`
	PlacedAt      *time.Time `json:"placed_at,omitempty"`
	SettledAt     *time.Time `json:"settled_at,omitempty"`
	Version       int64      `json:"version"`
}

// document is an order as it is found. Its version is that of the order. The token stands for its
// email address, "" when it has none or it was erased.
func document(o *domain.Order, emailToken string) (search.Document, error) {
	found := Order{
		ID: o.ID(), Reference: o.Reference(), Status: string(o.Status()), PaymentStatus: string(o.Payment()), CustomerID: o.CustomerID(),
		Lines: len(o.Lines()), Total: view.Money(o.Total()), PlacedAt: view.When(o.PlacedAt()), SettledAt: view.When(o.SettledAt()), Version: o.Version(),
	}
	if o.Number() > 0 {
		found.Number = strconv.FormatInt(o.Number(), 10)
	}
	var items, note strings.Builder
	var skus []string
	for _, line := range o.Lines() {
		items.WriteString(line.SKU + " " + line.Name + "\n")
		skus = append(skus, line.SKU)
	}
	if why := o.Refused(); why != nil {
		found.Reason = why.Reason
		note.WriteString(why.Reason + " " + why.Message + "\n")
	}
	// In one order, so that the document of an order is always the same.
	metadata := o.Metadata()
	for _, name := range slices.Sorted(maps.Keys(metadata)) {
		note.WriteString(name + " " + metadata[name] + "\n")
	}
	if stuck := o.Stuck(); stuck != nil {
		for _, step := range stuck.Steps {
			found.StuckSteps = append(found.StuckSteps, step.Step)
			note.WriteString(step.Step + " " + step.LastError + "\n")
		}
	}
	for _, hold := range o.Holds() {
		found.Holds = append(found.Holds, hold.Reason)
	}
	source, err := json.Marshal(found)
	if err != nil {
		return search.Document{}, fmt.Errorf("order %s: %w", o.ID(), err)
	}
	d := search.Document{
		ID: o.ID(), Version: o.Version(), Source: source,
		Texts: map[string]string{
			Number: strings.TrimSpace(found.Number + " " + o.ID()), Reference: o.Reference(), Customer: o.CustomerID(),
			Items: items.String(), Note: note.String(),
		},
		Keywords: map[string][]string{
			ExactNumber: {o.ID()}, ExactReference: {o.Reference()}, ExactCustomer: {o.CustomerID()}, SKU: skus,
			Status: {found.Status}, PaymentStatus: {found.PaymentStatus}, Currency: {o.Total().Currency},
			Stuck: {fmt.Sprint(o.Stuck() != nil)},
		},
		Numbers: map[string]int64{Total: o.Total().Amount, Placed: o.PlacedAt().UnixMicro()},
	}
	if found.Number != "" {
		d.Keywords[ExactNumber] = append(d.Keywords[ExactNumber], found.Number)
	}
	if found.Reason != "" {
		d.Keywords[Reason] = []string{found.Reason}
	}
	if len(found.Holds) > 0 {
		d.Keywords[Hold] = found.Holds
	}
	if emailToken != "" {
		d.Keywords[Email] = []string{emailToken}
	}
	if o.PlacedAt().IsZero() {
		d.Numbers[Placed] = 0
	}
	return d, nil
}
