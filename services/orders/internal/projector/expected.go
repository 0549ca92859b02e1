package projector

import (
	"github.com/ordersaga/ordersaga/services/orders/internal/readmodel"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
)

// Expected are the documents that an order of this history has, when it has events.
func Expected(id string, history []store.Recorded) (readmodel.Order, readmodel.Summary) {
	order := store.Fold(id, history)
	return whole(order), summarize(order, history[0].Position)
}
