package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/ordersaga/ordersaga/client"
)

type searchProducts struct {
	raw
	Text         string `arg:"" optional:"" help:"Words as people type them: unfinished, in the plural, with typing errors. Without any all products are found."`
	Category     string `help:"Only products in this category or below it." placeholder:"ID"`
	Currency     string `help:"Only prices in this currency." placeholder:"CODE"`
	Availability string `help:"Only products that are in_stock, or only those that are out_of_stock." placeholder:"STATE"`
	Min          string `help:"Lowest price, as people write it: 5.00." name:"min-price" placeholder:"5.00"`
	Max          string `help:"Highest price." name:"max-price" placeholder:"12.50"`
	Sort         string `help:"Order: relevance, price, -price, name, newest." default:"relevance" placeholder:"ORDER"`
	paging       `embed:"" set:"limit=20"`
}

func (c *searchProducts) Run(a *addresses, s shopperSession) error {
	low, high, err := bounds(c.Min, c.Max, c.Currency)
	if err != nil {
		return err
	}
	found, err := s.SearchProducts(context.Background(), client.ProductSearch{
		Text: c.Text, Category: c.Category, Currency: c.Currency, Availability: c.Availability, MinPrice: low, MaxPrice: high, Sort: c.Sort,
	}, c.page())
	return s.show(c.JSON, err, func() {
		tableOf([]string{"SKU", "NAME", "PRICE", "AVAILABLE"}, found.Products, func(p client.FoundProduct) []string {
			return []string{p.SKU, p.Name, amount(p.Price), available(&client.Product{Stock: p.Stock})}
		})
		a.nextPage(found.Next)
		sayFound(found.Total, found.Similar)
	})
}

type suggestProducts struct {
	raw
	Text  string `arg:"" help:"What was typed so far."`
	Limit int    `help:"How many names at most." default:"8"`
}

func (c *suggestProducts) Run(s shopperSession) error {
	suggested, err := s.SuggestProducts(context.Background(), c.Text, c.Limit)
	return s.show(c.JSON, err, func() {
		tableOf([]string{"NAME", "SKU"}, suggested, func(name client.ProductSuggestion) []string {
			return []string{name.Name, name.SKU}
		})
	})
}

type searchOrders struct {
	raw
	Text      string    `arg:"" optional:"" help:"Words: a number, an id or its beginning, a reference, a customer, SKUs, names of products, a reason."`
	Number    string    `help:"The order's number or id." placeholder:"NUMBER"`
	Reference string    `help:"The shop's reference." placeholder:"TEXT"`
	Customer  string    `help:"Only this shopper's orders." placeholder:"SUB"`
	Email     string    `help:"Only orders with this email address." placeholder:"ADDRESS"`
	SKU       string    `help:"Only orders with this product." placeholder:"SKU"`
	Status    string    `help:"Only orders with this status: placed, confirmed, rejected, cancelled." placeholder:"STATUS"`
	Reason    string    `help:"Only orders that were rejected or cancelled for this reason." placeholder:"REASON"`
	Stuck     *bool     `help:"Only orders whose saga is stuck; --stuck=false: only the others."`
	Hold      string    `help:"Only orders of which nothing is shipped now for this reason: payment." placeholder:"REASON"`
	Currency  string    `help:"Only totals in this currency." placeholder:"CODE"`
	Min       string    `help:"Lowest total, as people write it: 5.00." name:"min-total" placeholder:"5.00"`
	Max       string    `help:"Highest total." name:"max-total" placeholder:"12.50"`
	From      time.Time `help:"Placed at this time or later: 2026-03-01T00:00:00Z." placeholder:"TIME"`
	Before    time.Time `help:"Placed before this time." placeholder:"TIME"`
	Sort      string    `help:"Order: relevance, newest, oldest, total, -total." default:"relevance" placeholder:"ORDER"`
	paging    `embed:"" set:"limit=20"`
}

func (c *searchOrders) Run(a *addresses, s operatorSession) error {
	low, high, err := bounds(c.Min, c.Max, c.Currency)
	if err != nil {
		return err
	}
	found, err := s.SearchOrders(context.Background(), client.OrderSearch{
		Text: c.Text, Number: c.Number, Reference: c.Reference, Customer: c.Customer, Email: c.Email, SKU: c.SKU,
		Status: c.Status, Reason: c.Reason, Stuck: c.Stuck, Hold: c.Hold, Currency: c.Currency, MinTotal: low, MaxTotal: high,
		PlacedFrom: c.From, PlacedBefore: c.Before, Sort: c.Sort,
	}, c.page())
	return s.show(c.JSON, err, func() {
		tableOf([]string{"NUMBER", "ORDER", "STATUS", "PAYMENT", "LINES", "TOTAL", "CUSTOMER", "PLACED (UTC)", "REASON"}, found.Orders, func(o client.FoundOrder) []string {
			return []string{
				o.Number, o.ID, o.Status, o.PaymentStatus, strconv.Itoa(o.Lines), amount(o.Total), o.CustomerID, at(o.PlacedAt), o.Reason,
			}
		})
		a.nextPage(found.Next)
		sayFound(found.Total, found.Similar)
	})
}

// bounds reads amounts of a currency; 0 is no bound.
func bounds(low, high, currency string) (from, to int64, err error) {
	for _, bound := range []struct {
		text string
		into *int64
	}{{low, &from}, {high, &to}} {
		if bound.text == "" {
			continue
		}
		if currency == "" {
			return 0, 0, usage{fmt.Errorf("the amount %s needs a --currency", bound.text)}
		}
		m, err := parseAmount(bound.text, currency)
		if err != nil {
			return 0, 0, err
		}
		*bound.into = m.Amount
	}
	return from, to, nil
}

func sayFound(total int64, similar bool) {
	words := ""
	if similar {
		words = ", with similar words too"
	}
	fmt.Fprintf(os.Stderr, "%d found%s\n", total, words)
}
