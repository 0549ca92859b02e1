// Package orders calls the orders service for the sagas: they write the story of
// an order there.
package orders

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/ordersaga/ordersaga/activities"
	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/contracts/sagas"
)

// Activities are the steps that orders does.
type Activities struct {
	Client ordersv1.OrdersServiceClient
}

// RecordPlaced opens the order's stream. Refused with refusals.OrderSettled or
// refusals.RequestMismatch.
func (a *Activities) RecordPlaced(ctx context.Context, in sagas.PlaceOrderInput) error {
	lines := make([]*ordersv1.OrderLine, len(in.Lines))
	for i, line := range in.Lines {
		lines[i] = &ordersv1.OrderLine{Sku: line.SKU, Name: line.Name, UnitPrice: line.UnitPrice, Quantity: line.Quantity}
	}
	adjustments := make([]*ordersv1.OrderAdjustment, len(in.Adjustments))
	for i, adjustment := range in.Adjustments {
		adjustments[i] = &ordersv1.OrderAdjustment{Kind: adjustment.Kind, Amount: adjustment.Amount}
	}
	_, err := a.Client.RecordPlaced(ctx, &ordersv1.RecordPlacedRequest{
		OrderId:     in.OrderID,
		CustomerId:  in.CustomerID,
		RequestHash: in.RequestHash,
		Lines:       lines,
		Adjustments: adjustments,
		Total:       &commonv1.Money{Amount: in.Total, Currency: in.Currency},
		PlacedAt:    timestamppb.New(in.PlacedAt),
	})
	return activities.Error(err)
}

// ConfirmOrder is the pivot. Refused with refusals.OrderSettled.
func (a *Activities) ConfirmOrder(ctx context.Context, in sagas.SettleInput) error {
	_, err := a.Client.Confirm(ctx, &ordersv1.ConfirmRequest{
		OrderId:           in.OrderID,
		StockReserved:     stockReserved(in.StockReserved),
		PaymentAuthorized: paymentAuthorized(in.PaymentAuthorized),
	})
	return activities.Error(err)
}

// StartCompensation closes the way to the pivot. Refused with
// refusals.OrderSettled.
func (a *Activities) StartCompensation(ctx context.Context, in sagas.StartCompensationInput) error {
	_, err := a.Client.StartCompensation(ctx, &ordersv1.StartCompensationRequest{
		OrderId: in.OrderID,
		Reason:  in.Refusal.Reason,
		Message: in.Refusal.Message,
		Details: in.Refusal.Details,
	})
	return activities.Error(err)
}

// RejectOrder settles the order with the refusal of the input.
func (a *Activities) RejectOrder(ctx context.Context, in sagas.SettleInput) error {
	_, err := a.Client.Reject(ctx, &ordersv1.RejectRequest{
		OrderId:           in.OrderID,
		Reason:            in.Refusal.Reason,
		Message:           in.Refusal.Message,
		Details:           in.Refusal.Details,
		StockReserved:     stockReserved(in.StockReserved),
		PaymentAuthorized: paymentAuthorized(in.PaymentAuthorized),
	})
	return activities.Error(err)
}

// CancelOrder settles the order as cancelled.
func (a *Activities) CancelOrder(ctx context.Context, in sagas.SettleInput) error {
	_, err := a.Client.Cancel(ctx, &ordersv1.CancelRequest{
		OrderId:           in.OrderID,
		Reason:            in.Refusal.Reason,
		StockReserved:     stockReserved(in.StockReserved),
		PaymentAuthorized: paymentAuthorized(in.PaymentAuthorized),
	})
	return activities.Error(err)
}

// MarkStuck records that a saga is stuck.
func (a *Activities) MarkStuck(ctx context.Context, in sagas.MarkStuckInput) error {
	_, err := a.Client.MarkStuck(ctx, &ordersv1.MarkStuckRequest{
		OrderId:   in.OrderID,
		Saga:      in.Saga,
		Step:      in.Step,
		Attempts:  int32(in.Attempts),
		LastError: in.LastError,
		At:        timestamppb.New(in.At),
	})
	return activities.Error(err)
}

func stockReserved(fact *sagas.StockReserved) *ordersv1.StockReserved {
	if fact == nil {
		return nil
	}
	return &ordersv1.StockReserved{At: timestamppb.New(fact.At), ExpiresAt: timestamppb.New(fact.ExpiresAt)}
}

func paymentAuthorized(fact *sagas.PaymentAuthorized) *ordersv1.PaymentAuthorized {
	if fact == nil {
		return nil
	}
	return &ordersv1.PaymentAuthorized{
		At: timestamppb.New(fact.At), PaymentId: fact.PaymentID, ProviderReference: fact.ProviderReference,
	}
}
