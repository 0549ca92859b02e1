package inventorytest

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/uuid"

	"github.com/ordersaga/ordersaga/platform/testkit/apitest"
)

// Answer of the REST interface.
type Answer = apitest.Answer

// Operator asks with an operator's token.
func (w *World) Operator(t testing.TB, method, path, body string, header ...string) Answer {
	t.Helper()
	return apitest.Ask(t, w.operator, method, w.url+path, body, header...)
}

// Shopper asks with a token without scopes.
func (w *World) Shopper(t testing.TB, method, path, body string, header ...string) Answer {
	t.Helper()
	return apitest.Ask(t, w.shopper, method, w.url+path, body, header...)
}

// Receive stocks goods, in units by SKU.
func (w *World) Receive(t testing.TB, goods Lines) {
	t.Helper()
	if answer := w.Operator(t, http.MethodPost, "/v1/stock/receipts", Body(goods), "Idempotency-Key", uuid.NewString()); answer.Status != http.StatusCreated {
		t.Fatalf("receive goods: %d %s", answer.Status, answer.Body)
	}
}

// Body is the JSON of a receipt.
func Body(goods Lines) string {
	type line struct {
		SKU      string `json:"sku"`
		Quantity int64  `json:"quantity"`
	}
	var body struct {
		Lines []line `json:"lines"`
	}
	for sku, quantity := range goods {
		body.Lines = append(body.Lines, line{sku, quantity})
	}
	encoded, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return string(encoded)
}

// Level of a SKU, as REST shows it.
type Level struct {
	Name                         string
	OnHand                       int64 `json:"on_hand"`
	Reserved, Available, Version int64
}

// Level asks for the stock of a SKU.
func (w *World) Level(t testing.TB, sku string) Level {
	t.Helper()
	answer := w.Shopper(t, http.MethodGet, "/v1/stock/"+sku, "")
	if answer.Status != http.StatusOK {
		t.Fatalf("get the stock of %s: %d %s", sku, answer.Status, answer.Body)
	}
	var level Level
	answer.Into(t, &level)
	return level
}
