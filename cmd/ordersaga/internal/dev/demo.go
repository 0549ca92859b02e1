package dev

import (
	"context"
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/client"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/demo"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/issuer"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/ports"
	"github.com/ordersaga/ordersaga/contracts/programs"
)

// loadDemo loads the demo products at the first start. If it was interrupted, it runs again at the
// next start.
func (r *run) loadDemo(ctx context.Context) error {
	file := r.stack.File
	if file.DemoLoaded {
		return nil
	}
	began := time.Now()
	shop, err := client.New(client.Config{
		Catalog: file.URLs[programs.Catalog], Inventory: file.URLs[programs.Inventory],
		Token: func(ctx context.Context) (string, error) {
			return issuer.Token(ctx, file.URLs[ports.Issuer], "demo-operator", time.Hour, issuer.Operator)
		},
	})
	if err != nil {
		return err
	}
	count, err := demo.Load(ctx, shop)
	if err != nil {
		return err
	}
	file.DemoLoaded = true
	if err := file.Save(r.stack.Dir); err != nil {
		return err
	}
	r.terminal.state("demo shop", "loaded", seconds(began))
	r.terminal.print(fmt.Sprintf("               %d products with stock\n", count))
	return nil
}
