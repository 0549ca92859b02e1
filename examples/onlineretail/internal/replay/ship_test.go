package replay

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ordersaga/ordersaga/examples/onlineretail/internal/api"
	"github.com/ordersaga/ordersaga/examples/onlineretail/internal/invoices"
)

// invoice536366 is shipped in three parts, and a unit of its first line is cancelled before.
var invoice536366 = invoices.Invoice{
	Number: "536366", Shopper: "customer-1", Units: 9,
	Lines:         []invoices.Line{{SKU: "10001", Quantity: 8}, {SKU: "10002", Quantity: 1}},
	Cancellations: []invoices.Cancellation{{Number: "C536379", Lines: []invoices.Line{{SKU: "10001", Quantity: 1}}, Rows: 1}},
}

const (
	toShip = `{"id":"7","status":"confirmed","total":{"amount":900},"due":{"amount":900},"lines":[
		{"number":1,"sku":"10001","quantity":8},{"number":2,"sku":"10002","quantity":1}]}`
	wasShipped = `{"id":"7","status":"confirmed","total":{"amount":900},"due":{"amount":800},"captured":{"amount":%d},"lines":[
		{"number":1,"sku":"10001","quantity":8,"cancelled":1,"shipped":7},{"number":2,"sku":"10002","quantity":1,"shipped":1}],
		"shipments":[{"status":"shipped","amount":{"amount":200}},{"status":"refused","amount":{"amount":200}},
			{"status":"shipped","amount":{"amount":200}},{"status":"delivered","amount":{"amount":400}}]}`
	cancelled = `{"status":"done","amount":{"amount":100},"done_at":"2026-01-01T00:00:00Z"}`
	shipped   = `{"status":"shipped","done_at":"2026-01-01T00:00:00Z"}`
	underWay  = `{"status":"under_way"}`
	refused   = `{"status":"refused","why":{"code":"capture_failed","message":"no"},"done_at":"2026-01-01T00:00:00Z"}`
)

func ship(t *testing.T, answers ...http.HandlerFunc) (Shipped, *script) {
	t.Helper()
	s := &script{answers: answers}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	shop := &Shop{Client: api.NewClient(&api.Tokens{Operator: "operator", Shopper: "shopper"}, 1), Orders: server.URL, Patience: long}
	return shop.Ship(t.Context(), Outcome{Invoice: invoice536366, Status: Confirmed, Order: path}), s
}

func TestAnOrderIsCancelledInPartAndShippedInParts(t *testing.T) {
	at := func(path string) []string { return []string{"Location", "/v1/orders/7/" + path} }
	done, s := ship(t, says(200, toShip),
		says(201, cancelled, at("cancellations/1")...),
		says(409, `{"type":"https://ordersaga.dev/problems/saga-in-progress","title":"Busy"}`), says(202, underWay, at("shipments/1")...), says(200, underWay), says(200, shipped),
		says(201, shipped, at("shipments/2")...), says(201, shipped, at("shipments/3")...),
		says(200, fmt.Sprintf(wasShipped, 800)))
	assert.Equal(t, Failure{}, done.Failure)
	assert.Equal(t, []string{
		`{"lines":[{"line":1,"quantity":1}],"note":"cancellation invoice C536379","reason":"customer"}`,
		`{"carrier":"Online Retail","lines":[{"line":1,"quantity":2}]}`,
		`{"carrier":"Online Retail","lines":[{"line":1,"quantity":2}]}`,
		`{"carrier":"Online Retail","lines":[{"line":1,"quantity":2}]}`,
		`{"carrier":"Online Retail","lines":[{"line":1,"quantity":3},{"line":2,"quantity":1}]}`,
	}, s.sent)
	assert.Equal(t, []string{
		"GET /v1/orders/7 ", "POST /v1/orders/7/cancellations online-retail-cancel-C536379",
		"POST /v1/orders/7/shipments online-retail-ship-536366-1", "POST /v1/orders/7/shipments online-retail-ship-536366-1",
		"GET /v1/orders/7/shipments/1 ", "GET /v1/orders/7/shipments/1 ",
		"POST /v1/orders/7/shipments online-retail-ship-536366-2", "POST /v1/orders/7/shipments online-retail-ship-536366-3", "GET /v1/orders/7 ",
	}, s.seen)
	assert.Equal(t, Shipped{
		Invoice: invoice536366, Shipments: 3, Cancellations: invoice536366.Cancellations,
		Units: Parts{Placed: 9, Shipped: 8, Cancelled: 1}, Money: Parts{Placed: 900, Shipped: 800, Cancelled: 100}, Captured: 800,
	}, done)
}

func TestAnOrderThatIsNotShippedAsItShouldBeSaysWhy(t *testing.T) {
	begin := []http.HandlerFunc{says(200, toShip), says(201, cancelled)}
	all := append(begin, says(201, shipped), says(201, shipped), says(201, shipped))
	for reason, answers := range map[string][]http.HandlerFunc{
		ShipmentRefused: append(begin[:2:2], says(201, refused)),
		NoAnswer:        append(begin[:2:2], says(409, `{"type":"https://ordersaga.dev/problems/units-not-shippable","title":"Too few","status":409}`)),
		DoesNotAddUp:    append(all[:5:5], says(200, fmt.Sprintf(wasShipped, 799))),
	} {
		done, _ := ship(t, answers...)
		assert.Equal(t, reason, done.Reason, done.Detail)
	}
}

func TestEveryUnitIsInOneShipment(t *testing.T) {
	seen := map[int]bool{}
	for number := range 100 {
		invoice := invoice536366
		invoice.Number = fmt.Sprint(536365 + number)
		left := map[string]int64{"10001": int64(number % 9), "10002": 1}
		units := map[string]int64{}
		shipments := parcels(invoice, left)
		for _, lines := range shipments {
			assert.NotEmpty(t, lines)
			for _, line := range lines {
				units[line.SKU] += line.Quantity
			}
		}
		assert.Equal(t, int64(number%9), units["10001"])
		assert.EqualValues(t, 1, units["10002"])
		seen[len(shipments)] = true
		assert.Equal(t, shipments, parcels(invoice, left))
	}
	assert.Equal(t, map[int]bool{1: true, 2: true, 3: true}, seen)
}
