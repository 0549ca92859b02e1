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
	return tell(events.ProductCreatedV1, s, s.CreatedAt, state(s))
}

// ProductChanged tells of a later version.
func ProductChanged(p *domain.Product) (cloudevents.Event, error) {
	s := p.Snapshot()
	return tell(events.ProductChangedV1, s, s.UpdatedAt, events.ProductChanged(state(s)))
}

func state(s domain.Snapshot) events.ProductCreated {
	return events.ProductCreated{
		SKU: s.SKU, Name: s.Name, Description: s.Description,
		Price: s.Price, Currency: s.Currency, Active: s.Active,
		Version: s.Version, CreatedAt: s.CreatedAt,
	}
}

func tell(eventType string, s domain.Snapshot, at time.Time, data any) (cloudevents.Event, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return cloudevents.Event{}, fmt.Errorf("id of %s %s: %w", eventType, s.SKU, err)
	}
	event := cloudevents.New()
	event.SetID(id.String())
	event.SetType(eventType)
	event.SetSource(events.SourceCatalog)
	event.SetSubject(s.SKU)
	event.SetTime(at)
	if err := event.SetData(cloudevents.ApplicationJSON, data); err != nil {
		return cloudevents.Event{}, fmt.Errorf("data of %s %s: %w", eventType, s.SKU, err)
	}
	return event, nil
}
