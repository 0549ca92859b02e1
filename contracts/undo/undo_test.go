package undo_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/contracts/undo"
	"github.com/ordersaga/ordersaga/platform/refusal"
)

type orders func(ctx context.Context, request *ordersv1.CheckUndoRequest) (*ordersv1.CheckUndoResponse, error)

func (o orders) CheckUndo(ctx context.Context, request *ordersv1.CheckUndoRequest, _ ...grpc.CallOption) (*ordersv1.CheckUndoResponse, error) {
	return o(ctx, request)
}

func TestTheOrderDecidesWhetherAnUndoMayBe(t *testing.T) {
	saga := sagas.Placing("7b0f3f5e-2f0b-5d6a-9d5b-1f4f0c3a8e21")
	require.NoError(t, undo.Check(t.Context(), orders(func(ctx context.Context, request *ordersv1.CheckUndoRequest) (*ordersv1.CheckUndoResponse, error) {
		assert.Equal(t, saga, request.GetSaga())
		deadline, bounded := ctx.Deadline()
		assert.True(t, bounded)
		assert.LessOrEqual(t, time.Until(deadline), 2*time.Second)
		return &ordersv1.CheckUndoResponse{Allowed: true}, nil
	}), saga))

	err := undo.Check(t.Context(), orders(func(context.Context, *ordersv1.CheckUndoRequest) (*ordersv1.CheckUndoResponse, error) {
		return &ordersv1.CheckUndoResponse{Why: "place-order goes forward"}, nil
	}), saga)
	refused, ok := refusal.As(err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, refusals.UndoNotAllowed, refused.Reason)
	assert.Equal(t, "place-order goes forward", refused.Message)

	err = undo.Check(t.Context(), orders(func(context.Context, *ordersv1.CheckUndoRequest) (*ordersv1.CheckUndoResponse, error) {
		return nil, status.Error(codes.Unavailable, "away")
	}), saga)
	_, ok = refusal.As(err)
	assert.False(t, ok, "what is not known is no refusal: %v", err)
	assert.Equal(t, codes.Unavailable, status.Code(err))
}
