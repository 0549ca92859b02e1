package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/ordersaga/ordersaga/client"
	"github.com/ordersaga/ordersaga/contracts/refusals"
)

// Place an order and see what became of it.
func ExampleClient_PlaceOrder() {
	ctx := context.Background()
	c, err := client.New(client.Config{Orders: shop(), Token: client.StaticToken("a shopper's token")})
	if err != nil {
		fmt.Println(err)
		return
	}
	placed, err := c.PlaceOrder(ctx, client.NewOrder{
		Key:           "basket-7f3c", // the same basket is never two orders
		Currency:      "GBP",
		PaymentMethod: "card_approve",
		Lines:         []client.NewLine{{SKU: "TEA-SENCHA-100", Quantity: 2}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(placed.Status, placed.Total.Amount, placed.Total.Currency)
	// Output: confirmed 2500 GBP
}

// A business "no" says why, for programs.
func ExampleRefused() {
	c, err := client.New(client.Config{Orders: shop()})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = c.PlaceOrder(context.Background(), client.NewOrder{
		Currency: "GBP", PaymentMethod: "card_approve",
		Lines: []client.NewLine{{SKU: "PEN-URUSHI", Quantity: 5}},
	})
	var refused *client.Refused
	if errors.As(err, &refused) && refused.Reason == refusals.OutOfStock {
		for _, short := range refused.Shortages {
			fmt.Printf("%s: %d wanted, %d left\n", short.SKU, short.Requested, short.Available)
		}
	}
	// Output: PEN-URUSHI: 5 wanted, 3 left
}

// Wait for the outcome beyond what one request waits.
func ExampleClient_PlaceOrderAndWait() {
	c, err := client.New(client.Config{Orders: shop()})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	placed, err := c.PlaceOrderAndWait(ctx, client.NewOrder{
		Currency: "GBP", PaymentMethod: "card_slow",
		Lines: []client.NewLine{{SKU: "TEA-SENCHA-100", Quantity: 1}},
	})
	var refused *client.Refused
	switch {
	case errors.As(err, &refused):
		fmt.Println("no:", refused.Reason)
	case err != nil:
		fmt.Println("not known yet:", err)
	default:
		fmt.Println(placed.Status)
	}
	// Output: confirmed
}

// Look at what a shipment would do, then ship just that: another version of the order is refused.
func ExampleClient_ShipOrder() {
	ctx := context.Background()
	c, err := client.New(client.Config{Orders: shop(), Token: client.StaticToken("an operator's token")})
	if err != nil {
		fmt.Println(err)
		return
	}
	const order = "73d11462-f73c-51ca-913f-7c5e9d71acdd"
	preview, err := c.PreviewShipment(ctx, order, []client.LineUnits{{Line: 1, Quantity: 1}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("it", preview.Effect)
	shipment, err := c.ShipOrder(ctx, order, client.NewShipment{
		Key: "parcel-81", ETag: preview.ETag, Lines: preview.Lines, Carrier: "Royal Mail", Tracking: "RM123456785GB",
	})
	switch {
	case err != nil:
		fmt.Println(err)
	case shipment.Why != nil:
		fmt.Println("nothing was shipped:", shipment.Why.Message)
	default:
		fmt.Println(shipment.Status, shipment.Captured.Amount, shipment.Captured.Currency)
	}
	// Output:
	// it ships 1 unit; £12.50 is captured
	// shipped 1250 GBP
}

// Give an amount back. What the provider does not give back is owed until it is tried again, or paid
// in another way and settled.
func ExampleClient_RefundOrder() {
	ctx := context.Background()
	c, err := client.New(client.Config{Orders: shop(), Token: client.StaticToken("an operator's token")})
	if err != nil {
		fmt.Println(err)
		return
	}
	refund, err := c.RefundOrder(ctx, "73d11462-f73c-51ca-913f-7c5e9d71acdd", client.NewRefund{
		Key: "complaint-9", ETag: "*", Amount: &client.Money{Amount: 250, Currency: "GBP"}, Reason: "late",
	})
	switch {
	case err != nil:
		fmt.Println(err)
	case refund.Owed != nil:
		fmt.Println(refund.Status+", owed:", refund.Owed.Amount, refund.Owed.Currency)
	default:
		fmt.Println(refund.Status)
	}
	// Output: failed, owed: 250 GBP
}

// Lists are read page by page while they are walked through.
func ExampleClient_Orders() {
	c, err := client.New(client.Config{Orders: shop()})
	if err != nil {
		fmt.Println(err)
		return
	}
	for order, err := range c.Orders(context.Background(), client.OrderFilter{Status: client.Confirmed}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(order.ID, order.Status)
	}
	// Output:
	// 73d11462-f73c-51ca-913f-7c5e9d71acdd confirmed
	// 8ac2d4e0-f36c-537a-a314-d5f72ed5b913 confirmed
}

// shop answers as the orders service does, so that the examples run everywhere. Against `make run`
// the URL is http://127.0.0.1:8080.
func shop() (url string) {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		answer := func(status int, body string) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
		const order = `{"id":"73d11462-f73c-51ca-913f-7c5e9d71acdd","status":%q,"total":{"amount":2500,"currency":"GBP"},"version":4}`
		switch {
		case strings.Contains(string(body), "PEN-URUSHI"):
			answer(http.StatusUnprocessableEntity, `{"type":"https://ordersaga.dev/problems/out-of-stock","title":"Out of stock",
				"detail":"Not enough stock.","shortages":[{"sku":"PEN-URUSHI","requested":5,"available":3}]}`)
		case strings.HasSuffix(r.URL.Path, "/shipments/preview"):
			w.Header().Set("ETag", `"6"`)
			answer(http.StatusOK, `{"lines":[{"line":1,"sku":"TEA-SENCHA-100","quantity":1}],"effect":"ships 1 unit; £12.50 is captured","version":6}`)
		case strings.HasSuffix(r.URL.Path, "/shipments"):
			answer(http.StatusCreated, `{"status":"shipped","captured":{"amount":1250,"currency":"GBP"}}`)
		case strings.HasSuffix(r.URL.Path, "/refunds"):
			answer(http.StatusCreated, `{"status":"failed","amount":{"amount":250,"currency":"GBP"},"owed":{"amount":250,"currency":"GBP"}}`)
		case strings.Contains(string(body), "card_slow"):
			answer(http.StatusAccepted, fmt.Sprintf(order, "placed"))
		case r.Method == http.MethodPost:
			answer(http.StatusCreated, fmt.Sprintf(order, "confirmed"))
		case r.URL.Path != "/v1/orders":
			answer(http.StatusOK, fmt.Sprintf(order, "confirmed"))
		case r.URL.Query().Get("cursor") == "":
			answer(http.StatusOK, `{"orders":[{"id":"73d11462-f73c-51ca-913f-7c5e9d71acdd","status":"confirmed"}],"next_cursor":"more","behind":0}`)
		default:
			answer(http.StatusOK, `{"orders":[{"id":"8ac2d4e0-f36c-537a-a314-d5f72ed5b913","status":"confirmed"}],"behind":0}`)
		}
	})).URL
}
