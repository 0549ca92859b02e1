package internal

import "github.com/ordersaga/ordersaga/platform/rest"

// Info is the head of the REST API's description.
var Info = rest.Info{
	Title: "Ordersaga orders", Version: "1.0.0",
	Description: "Orders of a shop: placed with one request, confirmed or refused with a reason, never half done. " +
		"Amounts are in the minor unit of their currency. Errors are problem details (RFC 9457).",
	Tags: []rest.Tag{
		{Name: "orders", Description: "Place orders and follow them."},
		{Name: "sagas", Description: "What sagas are stuck in, and what to do about it; for operators."},
		{Name: "audit", Description: "What the log, its documents and the delivery of its events say, for auditors."},
	},
}
