package registerproduct

import (
	"context"
	"errors"
	"fmt"
	"strings"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"

	"github.com/ordersaga/ordersaga/contracts/events"
	"github.com/ordersaga/ordersaga/platform/broker"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/inventory/internal/domain"
)

// NewConsumer reads the catalog's products from the broker.
func NewConsumer(db *postgres.DB) broker.Consumer {
	handler := New(db)
	return broker.Consumer{
		Name:  events.InventoryProducts.Name,
		Types: events.InventoryProducts.Types,
		HandleBatch: func(ctx context.Context, batch []cloudevents.Event) error {
			var command Command
			for _, event := range batch {
				product, err := read(event)
				if err != nil {
					return broker.Poison(fmt.Errorf("event %s: %w", event.ID(), err))
				}
				command.Products = append(command.Products, product)
			}
			_, err := handler.Handle(ctx, command)
			return err
		},
		// These errors come from the database, not from the events.
		Unavailable: postgres.Unavailable,
		Ready:       db.Ready,
	}
}

func read(event cloudevents.Event) (Product, error) {
	// Created and changed events have the same fields.
	var told events.ProductCreated
	if err := event.DataAs(&told); err != nil {
		return Product{}, fmt.Errorf("read the product: %w", err)
	}
	if !domain.IsSKU(told.SKU) {
		return Product{}, fmt.Errorf("the product has no SKU, but %.80q", told.SKU)
	}
	if strings.Contains(told.Name, "\x00") {
		return Product{}, errors.New("the product's name contains NUL, which the database cannot keep")
	}
	if told.Version < 1 {
		return Product{}, fmt.Errorf("product %s is at version %d: versions count from 1", told.SKU, told.Version)
	}
	return Product{EventID: event.ID(), SKU: told.SKU, Name: told.Name, Version: told.Version}, nil
}
