// Package announce makes the integration events by which the catalog tells what
// happened to its products.
package announce

import (
	"fmt"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/uuid"

	"github.com/ordersaga/ordersaga/contracts/events"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
)

// ProductCreated tells of a product's first version.
func ProductCreated(p *domain.Product) (cloudevents.Event, error) {
	s := p.Snapshot()
	id, err := uuid.NewV7()
	if err != nil {
		return cloudevents.Event{}, fmt.Errorf("id of %s %s: %w", events.ProductCreatedV1, s.SKU, err)
	}
	event := cloudevents.New()
	event.SetID(id.String())
	event.SetType(events.ProductCreatedV1)
	event.SetSource(events.SourceCatalog)
	event.SetSubject(s.SKU)
	event.SetTime(s.CreatedAt)
	err = event.SetData(cloudevents.ApplicationJSON, events.ProductCreated{
		SKU: s.SKU, Name: s.Name, Description: s.Description,
		Price: s.Price, Currency: s.Currency, Active: s.Active,
		Version: s.Version, CreatedAt: s.CreatedAt,
	})
	if err != nil {
		return cloudevents.Event{}, fmt.Errorf("data of %s %s: %w", events.ProductCreatedV1, s.SKU, err)
	}
	return event, nil
}
