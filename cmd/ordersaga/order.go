package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ordersaga/ordersaga/client"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/lines"
)

type orderCommands struct {
	Place    placeOrder     `cmd:"" help:"Place an order and wait for its outcome."`
	Get      getOrder       `cmd:"" help:"Show an order."`
	List     listOrders     `cmd:"" help:"List orders, the one recorded last first."`
	Search   searchOrders   `cmd:"" help:"Find orders by number, customer, content, state or words; for operators."`
	Cancel   cancelOrder    `cmd:"" help:"Cancel an order, or units of it, before it is shipped."`
	Ship     shipOrder      `cmd:"" help:"Ship an order, or units of it; for operators."`
	Shipment updateShipment `cmd:"" help:"Change what is known of a shipment: its carrier, its tracking code, that it was delivered; for operators."`
	Refund   refundOrder    `cmd:"" help:"Give an amount of an order back without a return, or try a failed refund again; for operators."`
	Settle   settleDebt     `cmd:"" help:"Record that a failed refund was paid in another way; for operators."`
	Money    orderMoney     `cmd:"" help:"Tell who owes whom of an order, and why; for operators."`
	Timeline orderTimeline  `cmd:"" help:"Tell what happened to an order, and when."`
}

type placeOrder struct {
	raw
	Line      []string          `help:"What is ordered. Repeatable." required:"" placeholder:"SKU=QTY" sep:"none"`
	Card      string            `help:"Payment method. Test cards: card_approve, card_declined, card_insufficient_funds, card_expired, card_slow, card_slow_effect, card_error, card_error_after_effect, card_flaky, card_other_amount, card_odd_text." default:"card_approve" placeholder:"TOKEN"`
	Currency  string            `help:"Currency to pay in." default:"GBP" placeholder:"CODE"`
	Key       string            `help:"Idempotency key: the same key is the same order. By default a new one." placeholder:"KEY"`
	Email     string            `help:"Where the shopper is written to." placeholder:"ADDRESS"`
	Deliver   string            `help:"File with the delivery address as JSON: name, line1, city, postal_code, country." name:"deliver-to" type:"existingfile" placeholder:"FILE"`
	Reference string            `help:"Your own name of the order." placeholder:"TEXT"`
	Metadata  map[string]string `help:"Your own data about the order. Repeatable." mapsep:"none" placeholder:"NAME=TEXT"`
	As        string            `help:"The shopper who orders." default:"demo-shopper" placeholder:"SUB"`
	Wait      time.Duration     `help:"How long to wait for the outcome, at most 50s." default:"10s" placeholder:"DURATION"`
}

func (c *placeOrder) Run(a *addresses) error {
	wanted, err := lines.Parse(c.Line)
	if err != nil {
		return usage{err}
	}
	address, err := readAddress(c.Deliver)
	if err != nil {
		return usage{err}
	}
	who := caller{As: c.As}
	s, err := a.session(who)
	if err != nil {
		return err
	}
	placed, err := s.PlaceOrder(context.Background(), client.NewOrder{
		Key: c.Key, Wait: patience(c.Wait), Currency: c.Currency, Lines: wanted, PaymentMethod: c.Card,
		Email: c.Email, DeliveryAddress: address, Reference: c.Reference, Metadata: c.Metadata,
	})
	err = s.show(c.JSON, err, func() {
		if placed.Replayed {
			fmt.Println("An earlier request with this key placed the order:")
		}
		printOrder(&placed.Order)
		if !placed.Settled() {
			fmt.Printf("\nOn its way. Ask again with:\n  %s\n", a.again(append([]string{"order", "get", placed.ID}, who.flags()...)...))
		}
	})
	if err == nil && !placed.Settled() {
		return answered{exitUnsettled}
	}
	return err
}

// readAddress reads an address from a file; nil without one.
func readAddress(file string) (*client.Address, error) {
	if file == "" {
		return nil, nil
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the address: %w", err)
	}
	address := new(client.Address)
	if err := json.Unmarshal(content, address); err != nil {
		return nil, fmt.Errorf("read the address in %s: %w", file, err)
	}
	return address, nil
}

type getOrder struct {
	ofOrder
	caller
}

func (c *getOrder) Run(s *session) error {
	found, err := s.Order(context.Background(), c.ID)
	return s.show(c.JSON, err, func() { printOrder(found) })
}

type listOrders struct {
	raw
	caller
	Status   string `help:"Only orders with this status: placed, confirmed, rejected, cancelled." placeholder:"STATUS"`
	Customer string `help:"Only this shopper's orders; for operators." placeholder:"SUB"`
	Number   string `help:"Only the order of this number." placeholder:"NUMBER"`
	Stuck    bool   `help:"Only orders whose saga is stuck; for operators."`
	paging   `embed:"" set:"limit=20"`
}

func (c *listOrders) Run(a *addresses, s *session) error {
	page, err := s.OrderPage(context.Background(),
		client.OrderFilter{Status: c.Status, Customer: c.Customer, Number: c.Number, Stuck: c.Stuck}, c.page())
	return s.show(c.JSON, err, func() {
		tableOf([]string{"ORDER", "STATUS", "PAYMENT", "LINES", "TOTAL", "CUSTOMER", "PLACED (UTC)", "REASON"}, page.Items, func(o client.OrderSummary) []string {
			return []string{
				o.ID, o.Status, o.PaymentStatus, strconv.Itoa(o.Lines), amount(o.Total), o.CustomerID, at(o.PlacedAt), o.Reason,
			}
		})
		a.nextPage(page.Next)
		if page.Behind > 0 {
			fmt.Fprintf(os.Stderr, "%d events are not in this list yet, the oldest since %s\n", page.Behind, page.BehindFor.Round(time.Millisecond))
		}
	})
}

type orderTimeline struct {
	ofOrder
	caller
}

func (c *orderTimeline) Run(s *session) error {
	story, err := s.Timeline(context.Background(), c.ID)
	return s.show(c.JSON, err, func() {
		tableOf([]string{"#", "AT (UTC)", "EVENT", ""}, story.Entries, func(e client.TimelineEntry) []string {
			return []string{strconv.FormatInt(e.Version, 10), at(e.At), e.Type, e.Text}
		})
	})
}

func printOrder(o *client.Order) {
	rows := [][]string{
		{"order", o.ID},
		{"number", o.Number},
		{"status", o.Status},
		{"payment", o.PaymentStatus},
		{"fulfilment", o.FulfilmentStatus},
		{"customer", o.CustomerID},
		{"placed", when(o.PlacedAt)},
		{"settled", when(o.SettledAt)},
	}
	for _, given := range [][]string{{"email", o.Email}, {"deliver to", o.DeliveryAddress.String()}, {"reference", o.Reference}} {
		if given[1] != "" {
			rows = append(rows, given)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(o.Metadata)) {
		rows = append(rows, []string{name, o.Metadata[name]})
	}
	if o.Reason != nil {
		rows = append(rows, []string{"reason", strings.TrimSuffix(o.Reason.Code+": "+o.Reason.Message, ": ")})
	}
	for _, hold := range o.Holds {
		rows = append(rows, []string{"on hold", fmt.Sprintf("for %s since %s: %s is not covered", hold.Reason, at(hold.Since), amount(hold.Missing))})
	}
	if o.Stuck != nil {
		for _, step := range o.Stuck.Steps {
			rows = append(rows, []string{"stuck", fmt.Sprintf("%s of %s, %d attempts: %s", step.Step, o.Stuck.Saga, step.Attempts, step.LastError)})
		}
	}
	table(rows)
	fmt.Println()
	rows = [][]string{{"LINE", "SKU", "NAME", "QUANTITY", "UNIT PRICE"}}
	if len(o.Lines) > 0 && o.Lines[0].Tax != nil { // known of all lines or of none
		rows[0] = append(rows[0], "TAX")
	}
	for _, line := range o.Lines {
		quantity := strconv.FormatInt(line.Quantity, 10)
		for _, part := range []struct {
			units int64
			what  string
		}{{line.Shipped, "shipped"}, {line.Cancelled, "cancelled"}} {
			if part.units > 0 {
				quantity += fmt.Sprintf(", %d %s", part.units, part.what)
			}
		}
		row := []string{strconv.Itoa(int(line.Number)), line.SKU, line.Name, quantity, amount(line.UnitPrice)}
		if line.Tax != nil {
			row = append(row, amount(*line.Tax))
		}
		rows = append(rows, row)
	}
	for _, adjustment := range o.Adjustments {
		rows = append(rows, []string{"", "", adjustment.Kind, "", amount(adjustment.Amount)})
	}
	rows = append(rows, []string{"", "", "total", "", amount(o.Total)})
	for _, sum := range []struct {
		name  string
		money client.Money
		shown bool
	}{{"due", o.Due, o.Due != o.Total}, {"captured", o.Captured, o.Captured.Amount > 0}, {"refunded", o.Refunded, o.Refunded.Amount > 0}, {"fees kept", o.Fees, o.Fees.Amount > 0}} {
		if sum.shown {
			rows = append(rows, []string{"", "", sum.name, "", amount(sum.money)})
		}
	}
	table(rows)
	printShipments(o)
}
