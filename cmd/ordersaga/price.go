package main

import (
	"context"
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/client"
)

type changePrice struct {
	raw
	SKU   string    `arg:"" help:"The SKU."`
	Price string    `arg:"" help:"Price of one in its currency, as people write it: 13.50."`
	From  time.Time `help:"When it begins to hold, with its zone; by default now." placeholder:"2026-12-01T00:00:00Z" format:"2006-01-02T15:04:05Z07:00"`
}

// Run is called by kong.
func (c *changePrice) Run(a *addresses) error {
	ctx := context.Background()
	s, err := a.session(operator)
	if err != nil {
		return err
	}
	seen, err := s.Product(ctx, c.SKU)
	if err != nil {
		return c.show(s, err, nil)
	}
	price, err := parseAmount(c.Price, seen.Price.Currency)
	if err != nil {
		return err
	}
	// Whoever changed the product since we looked is not overwritten.
	set, err := s.ChangePrice(ctx, c.SKU, seen.ETag, price, c.From)
	return c.show(s, err, func() {
		if set.Scheduled {
			fmt.Printf("%s costs %s from %s on; until then %s.\n", c.SKU, amount(set.Money), when(set.From), amount(seen.Price))
			return
		}
		fmt.Printf("%s costs %s since %s.\n", c.SKU, amount(set.Money), when(set.From))
	})
}

type listPrices struct {
	raw
	SKU    string `arg:"" help:"The SKU."`
	Limit  int    `help:"Prices on a page." default:"50"`
	Cursor string `help:"The page that the page before named." placeholder:"CURSOR"`
}

// Run is called by kong.
func (c *listPrices) Run(a *addresses) error {
	s, err := a.session(operator)
	if err != nil {
		return err
	}
	page, err := s.ProductPrices(context.Background(), c.SKU, client.PageRequest{Limit: c.Limit, Cursor: c.Cursor})
	return c.show(s, err, func() {
		rows := [][]string{{"FROM (" + zone + ")", "PRICE", ""}}
		for _, price := range page.Items {
			rows = append(rows, []string{at(price.From), amount(price.Money), map[bool]string{true: "scheduled"}[price.Scheduled]})
		}
		table(rows)
		a.nextPage(page.Next)
	})
}

type withdrawPrice struct {
	raw
	SKU  string    `arg:"" help:"The SKU."`
	From time.Time `arg:"" help:"The time from which it would hold, with its zone." placeholder:"2026-12-01T00:00:00Z" format:"2006-01-02T15:04:05Z07:00"`
}

// Run is called by kong.
func (c *withdrawPrice) Run(a *addresses) error {
	s, err := a.session(operator)
	if err != nil {
		return err
	}
	err = s.WithdrawPrice(context.Background(), c.SKU, c.From)
	return c.show(s, err, func() {
		fmt.Printf("%s does not get another price at %s.\n", c.SKU, when(c.From))
	})
}

type retireProduct struct {
	raw
	SKU string `arg:"" help:"The SKU."`
}

// Run is called by kong.
func (c *retireProduct) Run(a *addresses) error {
	return c.change(a, c.SKU, (*client.Client).RetireProduct)
}

type restoreProduct struct {
	raw
	SKU string `arg:"" help:"The SKU."`
}

// Run is called by kong.
func (c *restoreProduct) Run(a *addresses) error {
	return c.change(a, c.SKU, (*client.Client).RestoreProduct)
}

// change changes the product as it is seen now, and shows it.
func (r *raw) change(a *addresses, sku string, how func(c *client.Client, ctx context.Context, sku, etag string) (*client.Product, error)) error {
	ctx := context.Background()
	s, err := a.session(operator)
	if err != nil {
		return err
	}
	seen, err := s.Product(ctx, sku)
	if err != nil {
		return r.show(s, err, nil)
	}
	changed, err := how(s.Client, ctx, sku, seen.ETag)
	return r.show(s, err, func() {
		changed.Stock = seen.Stock // a change's answer has none
		printProduct(changed)
	})
}
