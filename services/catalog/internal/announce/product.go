// Package announce makes the integration events by which the catalog tells what happened to its
// products.
package announce

import (
	"fmt"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/uuid"

	"github.com/ordersaga/ordersaga/contracts/events"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
)

// ProductCreated tells of a product's first version.
func ProductCreated(p *domain.Product) (cloudevents.Event, error) {
	s := p.Snapshot()
	return tell(s, s.CreatedAt, state(s))
}

// ProductChanged tells of a later version.
func ProductChanged(p *domain.Product) (cloudevents.Event, error) {
	s := p.Snapshot()
	return tell(s, s.UpdatedAt, events.ProductChanged(state(s)))
}

func state(s domain.Snapshot) events.ProductCreated {
	return events.ProductCreated{
		SKU: s.SKU, Name: s.Name, Description: s.Description,
		Categories: s.Categories, CategoryPaths: s.CategoryPaths, Images: images(s.Images),
		Price: s.Price, Currency: s.Currency, Active: s.Active,
		Version: s.Version, CreatedAt: s.CreatedAt,
	}
}

func images(shown []domain.Image) []events.Image {
	told := make([]events.Image, len(shown))
	for i, image := range shown {
		told[i] = events.Image(image)
	}
	return told
}

func tell(s domain.Snapshot, at time.Time, data events.Data) (cloudevents.Event, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return cloudevents.Event{}, fmt.Errorf("id of an event of %s: %w", s.SKU, err)
	}
	return events.New(id.String(), s.SKU, at, data)
}
