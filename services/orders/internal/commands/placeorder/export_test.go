package placeorder

// For the tests of this package's outside.

// OrderID is the id of a customer's order with a key.
func OrderID(customer, key string) string {
	return Command{CustomerID: customer, IdempotencyKey: key}.orderID()
}
