package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/ordersaga/ordersaga/client"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/lines"
)

type stockCommands struct {
	Receive receiveStock `cmd:"" help:"Add goods that arrived."`
	Get     getStock     `cmd:"" help:"Show how much of a SKU there is."`
}

type receiveStock struct {
	raw
	Lines []string `arg:"" help:"What arrived." placeholder:"SKU=QTY" name:"sku=qty"`
	Key   string   `help:"Idempotency key: the same key is the same delivery. By default a new one." placeholder:"KEY"`
}

func (c *receiveStock) Run(s operatorSession) error {
	arrived, err := lines.Parse(c.Lines)
	if err != nil {
		return usage{err}
	}
	receipt, err := s.ReceiveStock(context.Background(), client.Delivery{Key: c.Key, Lines: arrived})
	return s.show(c.JSON, err, func() {
		if receipt.Replayed {
			fmt.Println("An earlier request with this key was this delivery; nothing is added:")
		}
		fmt.Printf("receipt %s\n\n", receipt.ID)
		printLevels(receipt.Levels)
	})
}

type getStock struct{ ofSKU }

func (c *getStock) Run(s shopperSession) error {
	level, err := s.Stock(context.Background(), c.SKU)
	return s.show(c.JSON, err, func() { printLevels([]client.Stock{*level}) })
}

func printLevels(levels []client.Stock) {
	tableOf([]string{"SKU", "ON HAND", "RESERVED", "AVAILABLE"}, levels, func(level client.Stock) []string {
		return []string{
			level.SKU, strconv.FormatInt(level.OnHand, 10), strconv.FormatInt(level.Reserved, 10), strconv.FormatInt(level.Available, 10),
		}
	})
}
