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
// Every operation is safe to repeat, and the client repeats it when there was no answer or one that
// may be another the next time (408, 429, 502, 503, 504). What would otherwise happen twice has an
// idempotency key: yours, or one that is made for the call and stays the same through its retries.
// When all tries are in vain the error is *Unsure and names the key, with which the same request
// may be sent again at any time.
//
// # Errors
//
//   - *Refused is a business "no": out of stock, declined, price changed. Its Reason is one of
//     package refusals or of this package.
//   - *Problem is every answer with a status of 400 and above (RFC 9457). A *Refused wraps the one it
//     came in.
//   - *Unreachable means that there was no answer.
//   - *Unsure wraps one of the last two: the request may have been carried out.
//
// Texts of errors and of everything else that is returned come from services, customers, sellers
// and payment providers. Clean them before they reach a terminal or a page.
package client
