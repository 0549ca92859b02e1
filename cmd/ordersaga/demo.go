package main

import (
	"context"
	"fmt"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/demo"
)

type demoCommand struct{}

func (c *demoCommand) Run(s operatorSession) error {
	count, err := demo.Load(context.Background(), s.Client)
	if err != nil {
		return err
	}
	fmt.Printf("%d demo products with their stock are in the shop\n", count)
	return nil
}
