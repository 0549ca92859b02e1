package internal

import "github.com/ordersaga/ordersaga/platform/rest"

// Info is the head of the REST API's description.
var Info = rest.Info{
	Title: "Ordersaga payments", Version: "1.0.0",
	Description: "What is known of the payments of orders, for operators.",
	Tags: []rest.Tag{
		{Name: "payments", Description: "Read an order's payment and its journal."},
		{Name: "audit", Description: "What the journal and the payment provider's books say, for auditors."},
	},
}
