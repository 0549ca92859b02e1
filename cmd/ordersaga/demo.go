package main

import (
	"context"
	"fmt"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/demo"
	"github.com/ordersaga/ordersaga/contracts/programs"
)

type demoCommand struct{}

// Run is called by kong.
func (c *demoCommand) Run(a *addresses) error {
	ctx := context.Background()
	catalog, err := a.url(programs.Catalog)
	if err != nil {
		return err
	}
	inventory, err := a.url(programs.Inventory)
	if err != nil {
		return err
	}
	token, err := asOperator(ctx, a)
	if err != nil {
		return err
	}
	count, err := demo.Load(ctx, catalog, inventory, token)
	if err != nil {
		return err
	}
	fmt.Printf("%d demo products with their stock are in the shop\n", count)
	return nil
}
