// Package contract converts the messages between sagas and orders.
package contract

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
)

// Saga returns the saga in a message.
func Saga(message *commonv1.Saga) domain.Saga {
	return domain.Saga{Kind: message.GetKind(), Instance: message.GetInstance()}
}

// SagaMessage makes the message of a saga of an order.
func SagaMessage(orderID string, saga domain.Saga) *commonv1.Saga {
	return &commonv1.Saga{OrderId: orderID, Kind: saga.Kind, Instance: saga.Instance}
}

// CheckPlacing fails with INVALID_ARGUMENT unless the message names the saga that places its order.
func CheckPlacing(message *commonv1.Saga) error {
	if Saga(message) != domain.Placing(message.GetOrderId()) {
		return status.Errorf(codes.InvalidArgument, "saga: %s %s is not the %s of order %s",
			message.GetKind(), message.GetInstance(), sagas.KindPlaceOrder, message.GetOrderId())
	}
	return nil
}

// Refused reads why a saga turns back. It fails with INVALID_ARGUMENT when the details are no JSON.
func Refused(message *commonv1.Refusal) (domain.Refused, error) {
	why := domain.Refused{Reason: message.GetReason(), Message: message.GetMessage()}
	if message.GetDetails() != "" {
		var ok bool
		if why.Details, ok = storable(message.GetDetails()); !ok {
			return why, status.Error(codes.InvalidArgument, "why.details: not JSON")
		}
	}
	return why, nil
}

func refusalMessage(why *domain.Refused) *commonv1.Refusal {
	if why == nil {
		return nil
	}
	return &commonv1.Refusal{Reason: why.Reason, Message: why.Message, Details: string(why.Details)}
}

// DirectionMessage makes the message of a saga's direction.
func DirectionMessage(d domain.Direction) *commonv1.Direction {
	switch {
	case d.TurnedBack != nil:
		return &commonv1.Direction{Says: &commonv1.Direction_TurnedBack{TurnedBack: refusalMessage(d.TurnedBack)}}
	case d.Ended != nil:
		return &commonv1.Direction{Says: &commonv1.Direction_Ended{Ended: &commonv1.Outcome{
			Status: string(d.Ended.Status), Refusal: refusalMessage(d.Ended.Refused),
		}}}
	default:
		return &commonv1.Direction{Says: &commonv1.Direction_Forward{Forward: &commonv1.Forward{}}}
	}
}

// Done reads the facts of a saga's steps. It fails with INVALID_ARGUMENT for a fact that this
// version does not know.
func Done(facts []*commonv1.Fact) ([]domain.Done, error) {
	done := make([]domain.Done, len(facts))
	for i, message := range facts {
		fact := fact(message)
		if fact == nil {
			return nil, status.Errorf(codes.InvalidArgument, "facts[%d]: unknown", i)
		}
		done[i] = domain.Done{At: message.GetAt().AsTime(), Fact: fact}
	}
	return done, nil
}

func fact(message *commonv1.Fact) domain.StepFact {
	switch fact := message.GetFact().(type) {
	case *commonv1.Fact_StockReserved:
		return domain.StockReserved{ExpiresAt: fact.StockReserved.GetExpiresAt().AsTime()}
	case *commonv1.Fact_StockReleased:
		return domain.StockReleased{}
	case *commonv1.Fact_PaymentAuthorized:
		authorized := fact.PaymentAuthorized
		return domain.PaymentAuthorized{
			PaymentID: authorized.GetPaymentId(), ProviderReference: authorized.GetProviderReference(),
			Amount: money(authorized.GetAmount()), Authorization: authorized.GetAuthorizationId(), MultiCapture: authorized.GetMultiCapture(),
			CaptureBefore: when(authorized.GetCaptureBefore()),
		}
	case *commonv1.Fact_PaymentVoided:
		return domain.PaymentVoided{PaymentID: fact.PaymentVoided.GetPaymentId()}
	case *commonv1.Fact_PaymentCaptured:
		captured := fact.PaymentCaptured
		return domain.PaymentCaptured{
			PaymentID: captured.GetPaymentId(), CaptureID: captured.GetCaptureId(), Authorization: captured.GetAuthorizationId(),
			ProviderReference: captured.GetProviderReference(), Amount: money(captured.GetAmount()), Shipment: captured.GetShipment(),
		}
	case *commonv1.Fact_PaymentRefunded:
		refunded := fact.PaymentRefunded
		return domain.PaymentRefunded{
			PaymentID: refunded.GetPaymentId(), RefundID: refunded.GetRefundId(), CaptureID: refunded.GetCaptureId(),
			ProviderReference: refunded.GetProviderReference(), Amount: money(refunded.GetAmount()),
		}
	case *commonv1.Fact_PaymentRefundFailed:
		failed := fact.PaymentRefundFailed
		return domain.PaymentRefundFailed{
			PaymentID: failed.GetPaymentId(), RefundID: failed.GetRefundId(), CaptureID: failed.GetCaptureId(),
			Amount: money(failed.GetAmount()), Code: failed.GetCode(),
		}
	case *commonv1.Fact_PaymentCaptureFailed:
		failed := fact.PaymentCaptureFailed
		return domain.PaymentCaptureFailed{
			PaymentID: failed.GetPaymentId(), CaptureID: failed.GetCaptureId(), Amount: money(failed.GetAmount()),
			Code: failed.GetCode(), Open: failed.GetOpen(),
		}
	case *commonv1.Fact_AuthorizationEnded:
		ended := fact.AuthorizationEnded
		return domain.AuthorizationEnded{PaymentID: ended.GetPaymentId(), Authorization: ended.GetAuthorizationId(), State: ended.GetState()}
	}
	return nil
}

func money(message *commonv1.Money) domain.Money {
	return domain.Money{Amount: message.GetAmount(), Currency: message.GetCurrency()}
}

func moneyMessage(m domain.Money) *commonv1.Money {
	return &commonv1.Money{Amount: m.Amount, Currency: m.Currency}
}

// when reads a time; zero when there is none.
func when(message *timestamppb.Timestamp) time.Time {
	if message == nil {
		return time.Time{}
	}
	return message.AsTime()
}

// RecordUndone ends placing after everything was undone; end is Reject or Cancel of the order.
func RecordUndone(ctx context.Context, orders *store.Orders, saga *commonv1.Saga, refusal *commonv1.Refusal, facts []*commonv1.Fact, end func(*domain.Order, domain.Refused, []domain.Done, time.Time) domain.Direction) (direction *commonv1.Direction, err error) {
	if err := CheckPlacing(saga); err != nil {
		return nil, err
	}
	why, err := Refused(refusal)
	if err != nil {
		return nil, err
	}
	done, err := Done(facts)
	if err != nil {
		return nil, err
	}
	err = orders.Update(ctx, saga.GetOrderId(), func(o *domain.Order) error {
		direction = DirectionMessage(end(o, why, done, time.Now().UTC()))
		return nil
	})
	return direction, err
}

// Invalid turns the domain's errors into INVALID_ARGUMENT, and returns other errors unchanged.
func Invalid(err error) error {
	for _, mistake := range []error{domain.ErrLines, domain.ErrLine, domain.ErrTotal, domain.ErrAmountTooLarge, domain.ErrFacts} {
		if errors.Is(err, mistake) {
			return status.Error(codes.InvalidArgument, err.Error())
		}
	}
	return err
}
