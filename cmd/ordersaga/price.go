package main

import (
	"context"
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/client"
)

type changePrice struct {
	ofSKU
	Price string    `arg:"" help:"Price of one in its currency, as people write it: 13.50."`
	From  time.Time `help:"When it begins to hold, with its zone; by default now." placeholder:"2026-12-01T00:00:00Z" format:"2006-01-02T15:04:05Z07:00"`
}

func (c *changePrice) Run(s operatorSession) error {
	ctx := context.Background()
	seen, err := s.Product(ctx, c.SKU)
	if err != nil {
		return s.show(c.JSON, err, nil)
	}
	price, err := parseAmount(c.Price, seen.Price.Currency)
	if err != nil {
		return err
	}
	// Whoever changed the product since we looked is not overwritten.
	set, err := s.ChangePrice(ctx, c.SKU, seen.ETag, price, c.From)
	return s.show(c.JSON, err, func() {
		if set.Scheduled {
			fmt.Printf("%s costs %s from %s on; until then %s.\n", c.SKU, amount(set.Money), when(set.From), amount(seen.Price))
			return
		}
		fmt.Printf("%s costs %s since %s.\n", c.SKU, amount(set.Money), when(set.From))
	})
}

type listPrices struct {
	ofSKU
	paging `embed:"" set:"limit=50"`
}

func (c *listPrices) Run(a *addresses, s operatorSession) error {
	page, err := s.ProductPrices(context.Background(), c.SKU, c.page())
	return s.show(c.JSON, err, func() {
		tableOf([]string{"FROM (" + zone + ")", "PRICE", ""}, page.Items, func(price client.ProductPrice) []string {
			return []string{at(price.From), amount(price.Money), map[bool]string{true: "scheduled"}[price.Scheduled]}
		})
		a.nextPage(page.Next)
	})
}

type withdrawPrice struct {
	ofSKU
	From time.Time `arg:"" help:"The time from which it would hold, with its zone." placeholder:"2026-12-01T00:00:00Z" format:"2006-01-02T15:04:05Z07:00"`
}

func (c *withdrawPrice) Run(s operatorSession) error {
	err := s.WithdrawPrice(context.Background(), c.SKU, c.From)
	return s.show(c.JSON, err, func() {
		fmt.Printf("%s does not get another price at %s.\n", c.SKU, when(c.From))
	})
}

type retireProduct struct{ ofSKU }

func (c *retireProduct) Run(s operatorSession) error {
	return s.change(c.JSON, c.SKU, func(ctx context.Context, seen *client.Product) (*client.Product, error) {
		return s.RetireProduct(ctx, seen.SKU, seen.ETag)
	})
}

type restoreProduct struct{ ofSKU }

func (c *restoreProduct) Run(s operatorSession) error {
	return s.change(c.JSON, c.SKU, func(ctx context.Context, seen *client.Product) (*client.Product, error) {
		return s.RestoreProduct(ctx, seen.SKU, seen.ETag)
	})
}

// change changes the product as it is seen now, and shows it. A change made since is not overwritten.
func (s operatorSession) change(unchanged bool, sku string, how func(context.Context, *client.Product) (*client.Product, error)) error {
	ctx := context.Background()
	seen, err := s.Product(ctx, sku)
	if err != nil {
		return s.show(unchanged, err, nil)
	}
	changed, err := how(ctx, seen)
	return s.show(unchanged, err, func() {
		changed.Stock = seen.Stock // a change's answer has none
		printProduct(changed)
	})
}
