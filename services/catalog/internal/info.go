package internal

import "github.com/ordersaga/ordersaga/platform/rest"

// Info is the head of the REST API's description.
var Info = rest.Info{
	Title: "Ordersaga catalog", Version: "1.0.0",
	Description: "What the shop sells and what it costs. Prices are in minor units of their currency. " +
		"Lists and details are read from a store that follows changes within moments.",
	Tags: []rest.Tag{
		{Name: "products", Description: "Read what is for sale. Operators put products on sale and change them."},
		{Name: "categories", Description: "Read the tree that products are sorted by. Operators change it."},
		{Name: "audit", Description: "What the products, their documents and the delivery of their events say, for auditors."},
	},
}
