package domain

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/services/orders/internal/domain/slots"
)

// FuzzDecode reads events of all types from anything: what cannot be read is an error, what can is
// kept again as it was read and can be folded.
func FuzzDecode(f *testing.F) {
	for _, fact := range []Fact{
		OrderPlaced{
			CustomerID: "ann", RequestHash: strings.Repeat("0", 64), Lines: []Line{{SKU: "TEA", Name: "Tea", UnitPrice: 250, Quantity: 2}},
			Adjustments: []Adjustment{{Kind: "shipping", Amount: 300}, {Kind: "tax", Amount: 90, OfLines: []int64{50}, OfShipping: 40}},
			Total:       Money{Amount: 890, Currency: "GBP"},
		},
		SagaBegan{Saga: Placing("1"), CustomerID: "ann", Input: json.RawMessage(`{"lines":[1]}`)},
		StockReserved{ExpiresAt: time.Unix(1_800_000_000, 0).UTC()},
		StockReleased{},
		PaymentAuthorized{PaymentID: "p-1", ProviderReference: "r-1", Amount: Money{Amount: 890, Currency: "GBP"}},
		PaymentVoided{PaymentID: "p-1"},
		OrderConfirmed{CustomerID: "ann", PaymentID: "p-1", Total: Money{Amount: 890, Currency: "GBP"}},
		CompensationStarted{Refused{Reason: "out_of_stock", Details: json.RawMessage(`{"shortages":[]}`)}},
		OrderRejected{"ann", Refused{Reason: "payment_declined", Message: "no", Details: json.RawMessage(`{"decline_code":"x"}`)}},
		OrderCancelled{"", Refused{Reason: "cancelled"}},
		SagaStuck{Saga: Placing("1"), Steps: []StuckStep{{Step: "VoidPayment", Attempts: 5, LastError: "no answer"}}},
		SagaEnded{Placing("1"), "ann", Outcome{Status: StatusRejected, Refused: &Refused{Reason: "out_of_stock"}}},
		PaymentCaptured{PaymentID: "p-1", CaptureID: "c-1", Amount: Money{Amount: 890, Currency: "GBP"}, Shipment: "s-1"},
		PaymentRefunded{PaymentID: "p-1", RefundID: "r-1", CaptureID: "c-1", Amount: Money{Amount: 90, Currency: "GBP"}},
		PaymentRefundFailed{PaymentID: "p-1", RefundID: "r-2", CaptureID: "c-1", Amount: Money{Amount: 90, Currency: "GBP"}, Code: "no"},
		UnitsShipped{Instance: "s-1", Shipment: Shipment{Ask: Ask{By: "bob"}, Units: []slots.Range{{Line: 1, From: 0, To: 1}}}},
		ShipmentTracked{Shipment: "s-1", Parcel: Parcel{Carrier: "Mail"}},
		ShipmentDelivered{Shipment: "s-1", By: "bob"},
		OrderRefunded{Instance: "r-1", Refund: Refund{Amount: Money{Amount: 90, Currency: "GBP"}}},
		DebtSettled{Instance: "r-2", Amount: Money{Amount: 90, Currency: "GBP"}, Reference: "bank", By: "bob"},
	} {
		data, err := json.Marshal(fact)
		require.NoError(f, err)
		f.Add(TypeOf(fact), data)
		for _, broken := range [][]byte{data[:len(data)-1], []byte("null"), []byte("[]"), []byte(`"text"`), nil} {
			f.Add(TypeOf(fact), broken)
		}
	}
	f.Add("OrderPlaced.v2", []byte("{}"))
	f.Add(sagaStuckV1, []byte(`{"saga":"place-order","step":"ReserveStock","attempts":5,"last_error":"no answer"}`))
	f.Add("OrderRejected.v1", []byte(`{"details":null}`))
	f.Add("StockReserved.v1", []byte(`{"expires_at":"+10000-01-01T00:00:00Z"}`))
	f.Add("OrderPlaced.v1", []byte(`{"total":{"amount":1e18},"lines":[{"quantity":9223372036854775807}]}`))

	f.Fuzz(func(t *testing.T, eventType string, data []byte) {
		fact, err := Decode(eventType, data)
		if err != nil {
			require.Nil(t, fact)
			return
		}
		if eventType != sagaStuckV1 {
			require.Equal(t, eventType, TypeOf(fact))
		}
		kept, err := json.Marshal(fact)
		require.NoError(t, err, "what was read can be kept")
		again, err := Decode(TypeOf(fact), kept)
		require.NoError(t, err)
		keptAgain, err := json.Marshal(again)
		require.NoError(t, err)
		require.Equal(t, string(kept), string(keptAgain))

		at := time.Unix(1_700_000_000, 0)
		placed := Event{OccurredAt: at, Fact: OrderPlaced{CustomerID: "ann"}}
		event := Event{OccurredAt: at, Fact: fact}
		for _, history := range [][]Event{{event}, {placed, event}, {event, event}} {
			require.EqualValues(t, len(history), Fold("id", history).Version())
		}
	})
}
