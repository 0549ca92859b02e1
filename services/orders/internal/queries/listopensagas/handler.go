// Package listopensagas lists the sagas that have begun and not ended.
package listopensagas

import (
	"context"
	"strconv"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/orders/internal/contract"
	"github.com/ordersaga/ordersaga/services/orders/internal/opensagas"
)

type (
	// Query is the request.
	Query = *ordersv1.ListOpenSagasRequest
	// Result is the answer.
	Result = *ordersv1.ListOpenSagasResponse
)

// New makes the use case.
func New(sagas *opensagas.Sagas) cqrs.Handler[Query, Result] {
	return cqrs.Query("list_open_sagas", func(ctx context.Context, query Query) (Result, error) {
		var after int64
		if query.GetAfter() != "" {
			var err error
			if after, err = strconv.ParseInt(query.GetAfter(), 10, 64); err != nil {
				return nil, status.Error(codes.InvalidArgument, "after: not the next of an earlier answer")
			}
		}
		found, err := sagas.List(ctx, query.GetOlderThan().AsDuration(), after, int(query.GetLimit()))
		if err != nil {
			return nil, err
		}
		answer := &ordersv1.ListOpenSagasResponse{}
		for _, saga := range found {
			answer.Sagas = append(answer.Sagas, &ordersv1.OpenSaga{
				Saga: contract.SagaMessage(saga.OrderID, saga.Saga), CustomerId: saga.CustomerID, BeganAt: timestamppb.New(saga.BeganAt),
			})
		}
		if len(found) == int(query.GetLimit()) {
			answer.Next = strconv.FormatInt(found[len(found)-1].Position, 10)
		}
		return answer, nil
	})
}
