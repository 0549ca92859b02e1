package projector

import (
	"time"

	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/readmodel"
)

func summarize(o *domain.Order, opened int64) readmodel.Summary {
	s := readmodel.Summary{
		ID:               o.ID(),
		CustomerID:       o.CustomerID(),
		Status:           string(o.Status()),
		PaymentStatus:    string(o.Payment()),
		FulfilmentStatus: string(o.Fulfilment()),
		Lines:            len(o.Lines()),
		Total:            readmodel.Money(o.Total()),
		Stuck:            o.Stuck() != nil,
		Opened:           opened,
		Page:             readmodel.PageOf(opened),
		PlacedAt:         when(o.PlacedAt()),
		SettledAt:        when(o.SettledAt()),
		Version:          o.Version(),
	}
	if why := o.Refused(); why != nil {
		s.Reason = why.Reason
	}
	if stuck := o.Stuck(); stuck != nil {
		for _, step := range stuck.Steps {
			s.StuckSteps = append(s.StuckSteps, step.Step)
		}
	}
	return s
}

func whole(o *domain.Order) readmodel.Order {
	doc := readmodel.Order{
		ID:               o.ID(),
		CustomerID:       o.CustomerID(),
		RequestHash:      o.RequestHash(),
		Status:           string(o.Status()),
		PaymentStatus:    string(o.Payment()),
		FulfilmentStatus: string(o.Fulfilment()),
		Lines:            make([]readmodel.Line, len(o.Lines())),
		Adjustments:      make([]readmodel.Adjustment, len(o.Adjustments())),
		Total:            readmodel.Money(o.Total()),
		PlacedAt:         when(o.PlacedAt()),
		SettledAt:        when(o.SettledAt()),
		Version:          o.Version(),
	}
	for i, line := range o.Lines() {
		doc.Lines[i] = readmodel.Line{SKU: line.SKU, Name: line.Name, UnitPrice: line.UnitPrice, Quantity: line.Quantity}
	}
	for i, adjustment := range o.Adjustments() {
		doc.Adjustments[i] = readmodel.Adjustment(adjustment)
	}
	if charge := o.Charge(); charge != nil {
		doc.Payment = &readmodel.Payment{
			ID: charge.PaymentID, ProviderReference: charge.ProviderReference,
			AuthorizedAt: charge.AuthorizedAt, VoidedAt: when(charge.VoidedAt),
		}
	}
	if why := o.Refused(); why != nil {
		doc.Reason = &readmodel.Reason{Code: why.Reason, Message: why.Message, Details: string(why.Details)}
	}
	if stuck := o.Stuck(); stuck != nil {
		doc.Stuck = &readmodel.Stuck{Saga: o.Saga().Kind, Since: stuck.Since}
		for _, step := range stuck.Steps {
			doc.Stuck.Steps = append(doc.Stuck.Steps, readmodel.StuckStep(step))
		}
	}
	return doc
}

func when(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}
