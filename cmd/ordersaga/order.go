package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/issuer"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/lines"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/shop"
	"github.com/ordersaga/ordersaga/contracts/programs"
)

type orderCommands struct {
	Place    placeOrder    `cmd:"" help:"Place an order and wait for its outcome."`
	Get      getOrder      `cmd:"" help:"Show an order."`
	List     listOrders    `cmd:"" help:"List orders, the one recorded last first."`
	Timeline orderTimeline `cmd:"" help:"Tell what happened to an order, and when."`
}

// caller is who asks: a shopper by name, or an operator.
type caller struct {
	As       string `help:"The shopper who asks." default:"demo-shopper" placeholder:"SUB"`
	Operator bool   `help:"Ask as an operator, who sees everybody's orders."`
}

// flags make another command ask as the same one.
func (c caller) flags() []string {
	switch {
	case c.Operator:
		return []string{"--operator"}
	case c.As != demoShopper:
		return []string{"--as", c.As}
	default:
		return nil
	}
}

func (c caller) token(ctx context.Context, a *addresses) (string, error) {
	if c.Operator {
		return a.token(ctx, demoOperator, issuer.Operator)
	}
	return a.token(ctx, c.As)
}

type placeOrder struct {
	raw
	Line     []string      `help:"What is ordered. Repeatable." required:"" placeholder:"SKU=QTY" sep:"none"`
	Card     string        `help:"Payment method. Test cards: card_approve, card_declined, card_insufficient_funds, card_expired, card_slow, card_slow_effect, card_error, card_error_after_effect, card_flaky." default:"card_approve" placeholder:"TOKEN"`
	Currency string        `help:"Currency to pay in." default:"GBP" placeholder:"CODE"`
	Key      string        `help:"Idempotency key: the same key is the same order. By default a new one." placeholder:"KEY"`
	As       string        `help:"The shopper who orders." default:"demo-shopper" placeholder:"SUB"`
	Wait     time.Duration `help:"How long to wait for the outcome, at most 50s." default:"10s" placeholder:"DURATION"`
}

// Run is called by kong.
func (c *placeOrder) Run(a *addresses) error {
	ctx := context.Background()
	wanted, err := lines.Parse(c.Line)
	if err != nil {
		return usage{err}
	}
	key := c.Key
	if key == "" {
		key = "cli-" + rand.Text()
	}
	request, err := a.request(ctx, programs.Orders, http.MethodPost, "/v1/orders", caller{As: c.As}.token)
	if err != nil {
		return err
	}
	request.IdempotencyKey = key
	request.Wait = &c.Wait
	request.Body = map[string]any{"currency": c.Currency, "lines": wanted, "payment_method": c.Card}
	return c.call(ctx, request, func(answer *shop.Answer) error {
		var placed order
		if err := answer.Decode(&placed); err != nil {
			return err
		}
		if answer.Replayed() {
			fmt.Println("An earlier request with this key placed the order:")
		}
		if answer.Status != http.StatusAccepted {
			placed.print()
			return nil
		}
		placed.print()
		fmt.Printf("\nOn its way. Ask again with:\n  %s\n", a.again(append([]string{"order", "get", placed.ID}, caller{As: c.As}.flags()...)...))
		return answered{exitUnsettled}
	})
}

type getOrder struct {
	raw
	caller
	ID string `arg:"" help:"The order's id."`
}

// Run is called by kong.
func (c *getOrder) Run(a *addresses) error {
	ctx := context.Background()
	request, err := a.request(ctx, programs.Orders, http.MethodGet, "/v1/orders/"+url.PathEscape(c.ID), c.token)
	if err != nil {
		return err
	}
	return c.call(ctx, request, func(answer *shop.Answer) error {
		var found order
		if err := answer.Decode(&found); err != nil {
			return err
		}
		found.print()
		return nil
	})
}

type listOrders struct {
	raw
	caller
	Status   string `help:"Only orders with this status: placed, confirmed, rejected, cancelled." placeholder:"STATUS"`
	Customer string `help:"Only this shopper's orders; for operators." placeholder:"SUB"`
	Stuck    bool   `help:"Only orders whose saga is stuck; for operators."`
	Limit    int    `help:"Orders on a page." default:"50"`
	Cursor   string `help:"The page that the page before named." placeholder:"CURSOR"`
}

// Run is called by kong.
func (c *listOrders) Run(a *addresses) error {
	ctx := context.Background()
	request, err := a.request(ctx, programs.Orders, http.MethodGet, "/v1/orders", c.token)
	if err != nil {
		return err
	}
	request.Query = query("limit", strconv.Itoa(c.Limit), "status", c.Status, "customer", c.Customer, "cursor", c.Cursor)
	if c.Stuck {
		request.Query.Set("stuck", "true")
	}
	return c.call(ctx, request, func(answer *shop.Answer) error {
		var page struct {
			Orders     []orderSummary `json:"orders"`
			NextCursor string         `json:"next_cursor"`
			Behind     int64          `json:"behind"`
		}
		if err := answer.Decode(&page); err != nil {
			return err
		}
		rows := [][]string{{"ORDER", "STATUS", "PAYMENT", "LINES", "TOTAL", "CUSTOMER", "PLACED (UTC)", "REASON"}}
		for _, o := range page.Orders {
			rows = append(rows, []string{
				o.ID, o.Status, o.PaymentStatus, strconv.Itoa(o.Lines), o.Total.String(), o.CustomerID, at(o.PlacedAt), o.Reason,
			})
		}
		table(rows)
		a.nextPage(page.NextCursor)
		if page.Behind > 0 {
			fmt.Fprintf(os.Stderr, "%d events are not in this list yet\n", page.Behind)
		}
		return nil
	})
}

type orderTimeline struct {
	raw
	caller
	ID string `arg:"" help:"The order's id."`
}

// Run is called by kong.
func (c *orderTimeline) Run(a *addresses) error {
	ctx := context.Background()
	request, err := a.request(ctx, programs.Orders, http.MethodGet, "/v1/orders/"+url.PathEscape(c.ID)+"/timeline", c.token)
	if err != nil {
		return err
	}
	return c.call(ctx, request, func(answer *shop.Answer) error {
		var story struct {
			Entries []struct {
				Version int64      `json:"version"`
				Type    string     `json:"type"`
				At      *time.Time `json:"at"`
				Text    string     `json:"text"`
			} `json:"entries"`
		}
		if err := answer.Decode(&story); err != nil {
			return err
		}
		rows := [][]string{{"#", "AT (UTC)", "EVENT", ""}}
		for _, e := range story.Entries {
			rows = append(rows, []string{strconv.FormatInt(e.Version, 10), at(e.At), e.Type, e.Text})
		}
		table(rows)
		return nil
	})
}

// order as the service shows it.
type order struct {
	ID            string     `json:"id"`
	Status        string     `json:"status"`
	PaymentStatus string     `json:"payment_status"`
	Fulfilment    string     `json:"fulfilment_status"`
	CustomerID    string     `json:"customer_id"`
	Total         amount     `json:"total"`
	PlacedAt      *time.Time `json:"placed_at"`
	SettledAt     *time.Time `json:"settled_at"`
	Lines         []struct {
		SKU       string `json:"sku"`
		Name      string `json:"name"`
		Quantity  int64  `json:"quantity"`
		UnitPrice amount `json:"unit_price"`
	} `json:"lines"`
	Adjustments []struct {
		Kind   string `json:"kind"`
		Amount amount `json:"amount"`
	} `json:"adjustments"`
	Reason *struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"reason"`
	Stuck *struct {
		Saga  string `json:"saga"`
		Steps []struct {
			Step      string `json:"step"`
			Attempts  int    `json:"attempts"`
			LastError string `json:"last_error"`
		} `json:"steps"`
	} `json:"stuck"`
}

// orderSummary as the list shows it.
type orderSummary struct {
	ID            string     `json:"id"`
	Status        string     `json:"status"`
	PaymentStatus string     `json:"payment_status"`
	CustomerID    string     `json:"customer_id"`
	Lines         int        `json:"lines"`
	Total         amount     `json:"total"`
	Reason        string     `json:"reason"`
	PlacedAt      *time.Time `json:"placed_at"`
}

func (o *order) print() {
	rows := [][]string{
		{"order", o.ID},
		{"status", o.Status},
		{"payment", o.PaymentStatus},
		{"fulfilment", o.Fulfilment},
		{"customer", o.CustomerID},
		{"placed", when(o.PlacedAt)},
		{"settled", when(o.SettledAt)},
	}
	if o.Reason != nil {
		rows = append(rows, []string{"reason", o.Reason.Code + ": " + o.Reason.Message})
	}
	if o.Stuck != nil {
		for _, step := range o.Stuck.Steps {
			rows = append(rows, []string{"stuck", fmt.Sprintf("%s of %s, %d attempts: %s", step.Step, o.Stuck.Saga, step.Attempts, step.LastError)})
		}
	}
	table(rows)
	fmt.Println()
	rows = [][]string{{"SKU", "NAME", "QUANTITY", "UNIT PRICE"}}
	for _, line := range o.Lines {
		rows = append(rows, []string{line.SKU, line.Name, strconv.FormatInt(line.Quantity, 10), line.UnitPrice.String()})
	}
	for _, adjustment := range o.Adjustments {
		rows = append(rows, []string{"", adjustment.Kind, "", adjustment.Amount.String()})
	}
	table(append(rows, []string{"", "total", "", o.Total.String()}))
}
