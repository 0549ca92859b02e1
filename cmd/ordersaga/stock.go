package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/issuer"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/lines"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/shop"
	"github.com/ordersaga/ordersaga/contracts/programs"
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

// Run is called by kong.
func (c *receiveStock) Run(a *addresses) error {
	ctx := context.Background()
	arrived, err := lines.Parse(c.Lines)
	if err != nil {
		return usage{err}
	}
	request, err := a.request(ctx, programs.Inventory, http.MethodPost, "/v1/stock/receipts", asOperator)
	if err != nil {
		return err
	}
	request.IdempotencyKey = c.Key
	if c.Key == "" {
		request.IdempotencyKey = "cli-" + rand.Text()
	}
	request.Body = map[string]any{"lines": arrived}
	return c.call(ctx, request, func(answer *shop.Answer) error {
		var receipt struct {
			ID     string       `json:"id"`
			Levels []stockLevel `json:"levels"`
		}
		if err := answer.Decode(&receipt); err != nil {
			return err
		}
		if answer.Replayed() {
			fmt.Println("An earlier request with this key was this delivery; nothing is added:")
		}
		fmt.Printf("receipt %s\n\n", receipt.ID)
		printLevels(receipt.Levels)
		return nil
	})
}

type getStock struct {
	raw
	SKU string `arg:"" help:"The SKU."`
}

// Run is called by kong.
func (c *getStock) Run(a *addresses) error {
	ctx := context.Background()
	request, err := a.request(ctx, programs.Inventory, http.MethodGet, "/v1/stock/"+url.PathEscape(c.SKU), caller{As: demoShopper}.token)
	if err != nil {
		return err
	}
	return c.call(ctx, request, func(answer *shop.Answer) error {
		var level stockLevel
		if err := answer.Decode(&level); err != nil {
			return err
		}
		printLevels([]stockLevel{level})
		return nil
	})
}

// stockLevel as the service shows it, in units.
type stockLevel struct {
	SKU       string `json:"sku"`
	OnHand    int64  `json:"on_hand"`
	Reserved  int64  `json:"reserved"`
	Available int64  `json:"available"`
}

func printLevels(levels []stockLevel) {
	rows := [][]string{{"SKU", "ON HAND", "RESERVED", "AVAILABLE"}}
	for _, level := range levels {
		rows = append(rows, []string{
			level.SKU, strconv.FormatInt(level.OnHand, 10), strconv.FormatInt(level.Reserved, 10), strconv.FormatInt(level.Available, 10),
		})
	}
	table(rows)
}

func asOperator(ctx context.Context, a *addresses) (string, error) {
	return a.token(ctx, demoOperator, issuer.Operator)
}
