// Package undo asks orders whether the steps of a saga may be undone. A service does not trust the
// caller of an undo: it asks before it releases stock or voids a payment.
package undo

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/refusal"
)

// timeout of the question, which is a part of the undo's time.
const timeout = 2 * time.Second

// Orders answers: it is a part of ordersv1.OrdersServiceClient.
type Orders interface {
	CheckUndo(ctx context.Context, request *ordersv1.CheckUndoRequest, options ...grpc.CallOption) (*ordersv1.CheckUndoResponse, error)
}

// Check asks for at most 2 s. It refuses with undo_not_allowed when the saga goes forward or ended
// successfully; the undo then waits for an operator. After any other error it may be called again.
func Check(ctx context.Context, orders Orders, saga *commonv1.Saga) error {
	return check(ctx, orders, &ordersv1.CheckUndoRequest{Saga: saga})
}

// CheckPart is Check for an undo of a part of the saga's steps.
func CheckPart(ctx context.Context, orders Orders, saga *commonv1.Saga) error {
	return check(ctx, orders, &ordersv1.CheckUndoRequest{Saga: saga, Partly: true})
}

func check(ctx context.Context, orders Orders, question *ordersv1.CheckUndoRequest) error {
	saga := question.GetSaga()
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	answer, err := orders.CheckUndo(ctx, question)
	switch {
	case err != nil:
		return fmt.Errorf("ask orders whether %s of order %s may be undone: %w", saga.GetKind(), saga.GetOrderId(), err)
	case !answer.GetAllowed():
		return refusal.New(refusals.UndoNotAllowed, answer.GetWhy(), nil)
	}
	return nil
}
