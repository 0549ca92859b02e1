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
func NewConsumer(db *postgres.DB, announced func()) broker.Consumer {
	handler := NewHandler(db, announced)
	return broker.Consumer{
		Name:  events.InventoryProducts.Name,
		Types: events.InventoryProducts.Types,
		HandleBatch: func(ctx context.Context, batch []cloudevents.Event) error {
			var request Request
			for _, event := range batch {
				product, err := read(event)
				if err != nil {
					return broker.Poison(fmt.Errorf("event %s: %w", event.ID(), err))
				}
				request.Products = append(request.Products, product)
			}
			_, err := handler.Handle(ctx, request)
			return err
		},
		// A database that is away is no fault of the events.
		Ready: db.Ready,
	}
}

func read(event cloudevents.Event) (Product, error) {
	var created events.ProductCreated
	if err := event.DataAs(&created); err != nil {
		return Product{}, fmt.Errorf("read the product: %w", err)
	}
	if !domain.IsSKU(created.SKU) {
		return Product{}, fmt.Errorf("the product has no SKU, but %.80q", created.SKU)
	}
	if strings.Contains(created.Name, "\x00") {
		return Product{}, errors.New("the product's name contains NUL, which the database cannot keep")
	}
	return Product{EventID: event.ID(), SKU: created.SKU, Name: created.Name}, nil
}
