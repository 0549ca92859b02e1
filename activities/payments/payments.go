// Package payments calls the payments service for the sagas.
package payments

import (
	"context"
	"time"

	"github.com/ordersaga/ordersaga/activities"
	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	paymentsv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/payments/v1"
	"github.com/ordersaga/ordersaga/contracts/sagas"
)

// Activities are the steps that payments does.
type Activities struct {
	Client paymentsv1.PaymentsServiceClient
}

// AuthorizePayment reserves the amount on the payment method. Refused with
// refusals.PaymentDeclined.
func (a *Activities) AuthorizePayment(ctx context.Context, in sagas.AuthorizePaymentInput) (*sagas.PaymentAuthorized, error) {
	answer, err := a.Client.Authorize(ctx, &paymentsv1.AuthorizeRequest{
		Step:          activities.Step(in.Step),
		CustomerId:    in.CustomerID,
		Amount:        &commonv1.Money{Amount: in.Amount, Currency: in.Currency},
		PaymentMethod: in.PaymentMethod,
	})
	if err != nil {
		return nil, activities.Error(err)
	}
	return &sagas.PaymentAuthorized{
		At: time.Now().UTC(), PaymentID: answer.GetPaymentId(), ProviderReference: answer.GetProviderReference(),
	}, nil
}

// VoidPayment undoes AuthorizePayment.
func (a *Activities) VoidPayment(ctx context.Context, in sagas.StepInput) error {
	_, err := a.Client.Void(ctx, &paymentsv1.VoidRequest{Step: activities.Step(in.Step)})
	return activities.Error(err)
}
