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
