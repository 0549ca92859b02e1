// Package client calls Ordersaga's REST APIs from Go: orders, catalog, inventory and payments.
//
//	c, err := client.New(client.Config{
//		Orders: "http://127.0.0.1:8080",
//		Token:  client.StaticToken(token),
//	})
//	placed, err := c.PlaceOrder(ctx, client.NewOrder{
//		Currency: "GBP", PaymentMethod: "card_approve",
//		Lines: []client.NewLine{{SKU: "TEA-SENCHA-100", Quantity: 2}},
//	})
//
// # Keys and retries
//
// Every operation is safe to repeat, and the client repeats it when there was no answer or a
// temporary error (408, 429, 502, 503, 504). Operations that must not happen twice have an
// idempotency key: yours, or one that is made for the call and is the same in its retries. When all
// tries fail the error is *Unsure with the key, with which the request may be repeated at any time.
//
// # Errors
//
//   - **Refused is a business refusal: out of stock, declined, price changed. Its Reason is one of package refusals or of this package.
//   - **Problem is every answer with a status of 400 or more (RFC 9457). A *Refused wraps its *Problem.
//   - *Unreachable means that there was no answer.
//   - *Unsure wraps one of the last two: the request may have been carried out.
//
// Texts in results and errors may come from customers, sellers and payment providers. Escape them
// before they are shown in a terminal or a page.
package client
