package contract

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
)

// Placement reads an accepted order and its time.
func Placement(message *ordersv1.Placement) (placement domain.Placement, at time.Time) {
	placement = domain.Placement{
		CustomerID:  message.GetCustomerId(),
		RequestHash: message.GetRequestHash(),
		Total:       domain.Money{Amount: message.GetTotal().GetAmount(), Currency: message.GetTotal().GetCurrency()},
		Number:      message.GetNumber(), Reference: message.GetReference(), Metadata: message.GetMetadata(),
	}
	if sealed := message.GetPersonal(); sealed != nil {
		placement.Personal = &domain.Sealed{KeyID: sealed.GetKeyId(), Data: sealed.GetData()}
	}
	for _, line := range message.GetLines() {
		placement.Lines = append(placement.Lines, domain.Line{
			Number: line.GetNumber(), SKU: line.GetSku(), Name: line.GetName(), UnitPrice: line.GetUnitPrice(), Quantity: line.GetQuantity(),
		})
	}
	for _, adjustment := range message.GetAdjustments() {
		placement.Adjustments = append(placement.Adjustments, domain.Adjustment{
			Kind: adjustment.GetKind(), Amount: adjustment.GetAmount(), OfLines: adjustment.GetOfLines(), OfShipping: adjustment.GetOfShipping(),
		})
	}
	return placement, message.GetPlacedAt().AsTime()
}

// PlaceOrderInput makes the input of PlaceOrder from an order, without the payment method, which an
// order does not keep.
func PlaceOrderInput(order *domain.Order) *ordersv1.PlaceOrderInput {
	return &ordersv1.PlaceOrderInput{
		Revision: sagas.PlaceOrderRevision,
		Saga:     sagas.Placing(order.ID()),
		Placement: placementMessage(order.ID(), domain.Placement{
			CustomerID: order.CustomerID(), RequestHash: order.RequestHash(),
			Lines: order.Lines(), Adjustments: order.Adjustments(), Total: order.Total(),
			Number: order.Number(), Reference: order.Reference(), Metadata: order.Metadata(), Personal: order.Personal(),
		}, order.PlacedAt()),
	}
}

func placementMessage(orderID string, placement domain.Placement, at time.Time) *ordersv1.Placement {
	message := &ordersv1.Placement{
		OrderId: orderID, CustomerId: placement.CustomerID, RequestHash: placement.RequestHash,
		Total:    &commonv1.Money{Amount: placement.Total.Amount, Currency: placement.Total.Currency},
		PlacedAt: timestamppb.New(at),
		Number:   placement.Number, Reference: placement.Reference, Metadata: placement.Metadata,
	}
	if sealed := placement.Personal; sealed != nil {
		message.Personal = &ordersv1.Sealed{KeyId: sealed.KeyID, Data: sealed.Data}
	}
	for _, line := range placement.Lines {
		message.Lines = append(message.Lines, &ordersv1.OrderLine{
			Number: line.Number, Sku: line.SKU, Name: line.Name, UnitPrice: line.UnitPrice, Quantity: line.Quantity,
		})
	}
	for _, adjustment := range placement.Adjustments {
		message.Adjustments = append(message.Adjustments, &ordersv1.OrderAdjustment{
			Kind: adjustment.Kind, Amount: adjustment.Amount, OfLines: adjustment.OfLines, OfShipping: adjustment.OfShipping,
		})
	}
	return message
}
