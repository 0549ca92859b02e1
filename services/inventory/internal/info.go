package internal

import "github.com/ordersaga/ordersaga/platform/rest"

// Info is the head of the REST API's description.
var Info = rest.Info{
	Title: "Ordersaga inventory", Version: "1.0.0",
	Description: "What there is of each SKU, and what orders have reserved of it.",
	Tags: []rest.Tag{
		{Name: "stock", Description: "Read what there is of a SKU. Operators receive goods and read the journal."},
		{Name: "audit", Description: "What levels, reservations, the journal and the delivery of events say, for auditors."},
	},
}
