// Package facts reads what sagas report they have done.
package facts

import (
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
)

// Stock is the stock that was reserved, nil when none was.
func Stock(fact *ordersv1.StockReserved) *domain.Hold {
	if fact == nil {
		return nil
	}
	return &domain.Hold{ReservedAt: fact.GetAt().AsTime(), ExpiresAt: fact.GetExpiresAt().AsTime()}
}

// Payment is the payment that was authorized, nil when none was.
func Payment(fact *ordersv1.PaymentAuthorized) *domain.Charge {
	if fact == nil {
		return nil
	}
	return &domain.Charge{
		AuthorizedAt: fact.GetAt().AsTime(), PaymentID: fact.GetPaymentId(), ProviderReference: fact.GetProviderReference(),
	}
}
