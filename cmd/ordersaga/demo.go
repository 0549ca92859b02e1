package main

import (
	"context"
	"fmt"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/demo"
)

type demoCommand struct{}

// Run is called by kong.
func (c *demoCommand) Run(a *addresses) error {
	s, err := a.session(operator)
	if err != nil {
		return err
	}
	count, err := demo.Load(context.Background(), s.Client)
	if err != nil {
		return err
	}
	fmt.Printf("%d demo products with their stock are in the shop\n", count)
	return nil
}
