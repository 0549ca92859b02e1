package step

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
)

// Reserved makes the fact that all lines are held from one time until another.
func Reserved(at, expiresAt time.Time) *commonv1.Fact {
	return &commonv1.Fact{At: timestamppb.New(at), Fact: &commonv1.Fact_StockReserved{
		StockReserved: &commonv1.StockReserved{ExpiresAt: timestamppb.New(expiresAt)},
	}}
}

// Released makes the fact that the stock was freed at a time.
func Released(at time.Time) *commonv1.Fact {
	return &commonv1.Fact{At: timestamppb.New(at), Fact: &commonv1.Fact_StockReleased{StockReleased: &commonv1.StockReleased{}}}
}
