package shop

import (
	"net/http"
	"net/url"

	"github.com/ordersaga/ordersaga/platform/testkit"
)

// Stock is what inventory has of a SKU.
type Stock struct {
	OnHand    int64 `json:"on_hand"`
	Reserved  int64 `json:"reserved"`
	Available int64 `json:"available"`
}

// Stock asks inventory; a SKU it does not know has none.
func (s *Shop) Stock(sku string) (stock Stock) {
	s.t.Helper()
	s.read(s.Operator(), Inventory, "/v1/stock/"+url.PathEscape(sku), &stock)
	return stock
}

// Payment is what payments knows of an order; Status is empty when it knows nothing.
type Payment struct {
	Status     string `json:"status"`
	Operations []struct {
		Step  string `json:"step"`
		State string `json:"state"`
		Sends int    `json:"sends"`
	} `json:"operations"`
}

// Payment asks payments for an order's payment with its journal.
func (s *Shop) Payment(orderID string) (payment Payment) {
	s.t.Helper()
	s.read(s.Operator(), Payments, "/v1/payments/"+orderID, &payment)
	return payment
}

// Books are the payment provider's own, for one order.
type Books struct {
	// Authorized counts the authorizations ever made, Open those that still hold money.
	Authorized int `json:"authorize_effects"`
	Open       int `json:"open"`
	Declined   int `json:"declined"`
}

// Books asks the provider what it did for an order.
func (s *Shop) Books(orderID string) Books {
	s.t.Helper()
	var audit struct {
		References []Books `json:"references"`
	}
	s.read(s.Bearer(providerKey), Paysim, "/v1/books?reference="+url.QueryEscape(orderID), &audit)
	if len(audit.References) == 0 {
		return Books{}
	}
	return audit.References[0]
}

// Order is an order as orders shows it.
type Order struct {
	ID            string `json:"id"`
	Status        string `json:"status"`
	PaymentStatus string `json:"payment_status"`
	CustomerID    string `json:"customer_id"`
	Total         struct {
		Amount   int64  `json:"amount"`
		Currency string `json:"currency"`
	} `json:"total"`
	Reason struct {
		Code string `json:"code"`
	} `json:"reason"`
	Stuck *struct {
		Steps []struct {
			Step string `json:"step"`
		} `json:"steps"`
	} `json:"stuck"`
	Version int64 `json:"version"`
}

// Order asks orders; Status is empty for one that it does not know.
func (s *Shop) Order(orderID string) (order Order) {
	s.t.Helper()
	s.read(s.Operator(), Orders, "/v1/orders/"+orderID, &order)
	return order
}

// read asks a program and decodes a 200; a 404 leaves the value as it is. It asks again after a 503,
// which is no answer: the program's database may just be back.
func (s *Shop) read(who *Person, program, path string, value any) {
	s.t.Helper()
	var answer Answer
	testkit.Eventually(s.t, program+" to answer "+path, func() bool {
		answer = who.Get(program, path)
		return answer.Status != http.StatusServiceUnavailable
	})
	switch answer.Status {
	case http.StatusOK:
		if err := answer.Into(value); err != nil {
			s.t.Fatal(err)
		}
	case http.StatusNotFound:
	default:
		s.t.Fatalf("audit: %s", answer)
	}
}
