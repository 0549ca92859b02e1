// Package announce tells what happened to the products of the catalog, by integration events.
package announce

import (
	"context"
	"fmt"
	"slices"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/uuid"

	"github.com/ordersaga/ordersaga/contracts/events"
	"github.com/ordersaga/ordersaga/platform/each"
	"github.com/ordersaga/ordersaga/platform/outbox"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
)

// atOnce bounds one statement of the outbox.
const atOnce = 1000

// News is a product in a new version.
type News struct {
	Product *domain.Product
	Created bool // or else it was changed
}

// Created tells of new products, in the transaction that makes them.
func Created(ctx context.Context, tx *postgres.Tx, products ...*domain.Product) error {
	return Tell(ctx, tx, each.Map(products, func(p *domain.Product) News { return News{p, true} }))
}

// Changed tells of products that were changed, in the transaction that does so.
func Changed(ctx context.Context, tx *postgres.Tx, products ...*domain.Product) error {
	return Tell(ctx, tx, each.Map(products, func(p *domain.Product) News { return News{p, false} }))
}

// Tell tells of products in their order, in the transaction that makes their versions.
func Tell(ctx context.Context, tx *postgres.Tx, news []News) error {
	for some := range slices.Chunk(news, atOnce) {
		told := make([]cloudevents.Event, len(some))
		for i, n := range some {
			var err error
			if told[i], err = n.event(); err != nil {
				return err
			}
		}
		if err := outbox.Append(ctx, tx, told...); err != nil {
			return err
		}
	}
	return nil
}

func (n News) event() (cloudevents.Event, error) {
	s := n.Product.Snapshot()
	id, err := uuid.NewV7()
	if err != nil {
		return cloudevents.Event{}, fmt.Errorf("id of an event of %s: %w", s.SKU, err)
	}
	if n.Created {
		return events.New(id.String(), s.SKU, s.CreatedAt, state(s))
	}
	return events.New(id.String(), s.SKU, s.UpdatedAt, events.ProductChanged(state(s)))
}

func state(s domain.Snapshot) events.ProductCreated {
	return events.ProductCreated{
		SKU: s.SKU, Name: s.Name, Description: s.Description,
		Categories: s.Categories, CategoryPaths: s.CategoryPaths, Images: each.Map(s.Images, func(i domain.Image) events.Image { return events.Image(i) }),
		Price: s.Price, Currency: s.Currency, Active: s.Active,
		Version: s.Version, CreatedAt: s.CreatedAt,
	}
}
