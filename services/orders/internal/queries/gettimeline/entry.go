package gettimeline

import (
	"fmt"
	"strings"
	"time"

	"github.com/ordersaga/ordersaga/platform/text"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain/slots"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
)

// entry describes an event.
func entry(event store.Recorded, operator bool) TimelineEntry {
	name, _, _ := strings.Cut(domain.TypeOf(event.Fact), ".") // without the version of its shape
	return TimelineEntry{Version: event.Version, Type: name, At: event.OccurredAt, Text: told(event.Fact, operator)}
}

func told(fact domain.Fact, operator bool) string {
	switch e := fact.(type) {
	case domain.OrderPlaced:
		return fmt.Sprintf("Placed: %s, %s", text.Count(len(e.Lines), "line"), e.Total.Text())
	case domain.StockReserved:
		return "Stock reserved, held until " + e.ExpiresAt.UTC().Format(time.DateTime) + " UTC"
	case domain.StockReleased:
		return "Stock released"
	case domain.PaymentAuthorized:
		return "Payment authorized"
	case domain.PaymentVoided:
		return "Authorization voided"
	case domain.SagaBegan:
		return "Saga " + e.Kind + " began"
	case domain.SagaEnded:
		if e.Refused != nil {
			return because("Saga "+e.Kind+" was refused", e.Refused.Message, e.Refused.Reason)
		}
		return "Saga " + e.Kind + " ended: " + string(e.Status)
	case domain.OrderConfirmed:
		return "Confirmed: " + e.Total.Text()
	case domain.CompensationStarted:
		return because("Undoing what was done", e.Message, e.Reason)
	case domain.OrderRejected:
		return because("Rejected", e.Message, e.Reason)
	case domain.OrderCancelled:
		return because("Cancelled", e.Message, e.Reason)
	case domain.CancelRequested:
		return "To be cancelled: " + e.Reason
	case domain.UnitsCancelled:
		what := "cancelled"
		if e.WriteOff {
			what = "cancelled and written off"
		}
		if e.Fee.Amount > 0 {
			return fmt.Sprintf("%s %s, %s less is due, of which a fee of %s is kept: %s", units(e.Units), what, e.Amount.Text(), e.Fee.Text(), e.Reason)
		}
		return fmt.Sprintf("%s %s, %s less is due: %s", units(e.Units), what, e.Amount.Text(), e.Reason)
	case domain.PaymentCaptured:
		return "Charged: " + e.Amount.Text()
	case domain.UnitsShipped:
		return units(e.Units) + " shipped" + with(e.Parcel) + ", worth " + e.Amount.Text()
	case domain.ShipmentTracked:
		return "The shipment is followed" + with(e.Parcel)
	case domain.ShipmentDelivered:
		return "Delivered"
	case domain.PaymentRefunded:
		return "Refunded: " + e.Amount.Text()
	case domain.PaymentRefundFailed:
		if operator {
			return because("A refund of "+e.Amount.Text()+" failed and is owed", "", e.Code)
		}
		return "A refund of " + e.Amount.Text() + " is delayed"
	case domain.PaymentCaptureFailed:
		if operator {
			return because("A charge of "+e.Amount.Text()+" failed afterwards", "", e.Code)
		}
		return "A charge of " + e.Amount.Text() + " failed"
	case domain.AuthorizationEnded:
		return "Authorization " + e.State + " at the provider"
	case domain.OrderRefunded:
		if e.Retries != "" {
			return "The refund of " + e.Amount.Text() + " was tried again"
		}
		return "A refund of " + e.Amount.Text() + " was granted: " + e.Reason
	case domain.DebtSettled:
		return e.Amount.Text() + " that was owed was paid: " + e.Reference
	case domain.SagaStuck:
		if operator {
			return "Stuck: " + stuck(e)
		}
		return "Delayed: a step takes longer than it should"
	case domain.OperatorActed:
		return acted(e)
	case domain.ActsTaken:
		return "Saga " + e.Kind + " tries again after what operators decided"
	default:
		return domain.TypeOf(fact)
	}
}

// forOperators reports whether an event concerns the saga and not the order.
func forOperators(fact domain.Fact) bool {
	switch fact.(type) {
	case domain.SagaBegan, domain.SagaEnded, domain.OperatorActed, domain.ActsTaken:
		return true
	}
	return false
}

func acted(e domain.OperatorActed) string {
	what := e.By + " decided: " + e.Name
	if e.Step != "" {
		what += " " + e.Step
	}
	if e.Reference != "" {
		what += " by " + e.Reference
	}
	if e.Cause != "" {
		what += ", with all that are stuck for " + e.Cause
	}
	return what + ": " + e.Note
}

func units(ranges []slots.Range) string {
	count := int64(0)
	for _, r := range ranges {
		count += r.Units()
	}
	return text.Count(int(count), "unit")
}

func with(parcel domain.Parcel) string {
	if name := strings.TrimSpace(parcel.Carrier + " " + parcel.Tracking); name != "" {
		return " with " + name
	}
	return ""
}

func stuck(e domain.SagaStuck) string {
	steps := make([]string, len(e.Steps))
	for i, step := range e.Steps {
		steps[i] = fmt.Sprintf("%s of %s failed %d times, last with: %s", step.Step, e.Kind, step.Attempts, step.LastError)
	}
	return strings.Join(steps, "; ")
}

func because(what, message, reason string) string {
	if message == "" {
		message = strings.ReplaceAll(reason, "_", " ")
	}
	return what + ": " + message
}
