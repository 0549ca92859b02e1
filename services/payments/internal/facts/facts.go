// Package facts tells sagas what happened to an order's money, in the contract's words.
package facts

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	"github.com/ordersaga/ordersaga/services/payments/internal/journal"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider/nothingdue"
)

// Of are the facts of an operation: that it was authorized, and that it was voided, as far as the
// one and the other happened. Their times are those at which the service learned of them, by the
// clock of its database. A saga that lost its memory learns from an undo what there was to undo.
func Of(o journal.Outcome) []*commonv1.Fact {
	r := o.Record
	if r.ProviderReference == "" {
		return nil
	}
	reference := r.ProviderReference
	if reference == nothingdue.Reference {
		reference = ""
	}
	authorized := &commonv1.Fact{At: at(r.AnsweredAt), Fact: &commonv1.Fact_PaymentAuthorized{PaymentAuthorized: &commonv1.PaymentAuthorized{
		PaymentId: o.PaymentID, ProviderReference: reference,
		Amount: &commonv1.Money{Amount: r.Request.Amount, Currency: r.Request.Currency},
	}}}
	if r.UndoneAt.IsZero() {
		return []*commonv1.Fact{authorized}
	}
	voided := &commonv1.Fact{At: at(r.UndoneAt), Fact: &commonv1.Fact_PaymentVoided{PaymentVoided: &commonv1.PaymentVoided{
		PaymentId: o.PaymentID,
	}}}
	return []*commonv1.Fact{authorized, voided}
}

func at(t time.Time) *timestamppb.Timestamp { return timestamppb.New(t) }
