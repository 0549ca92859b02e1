package events

// Queue is a consumer's queue: its name and the types that must reach it.
type Queue struct {
	Name  string
	Types []string
}

// The queues of our own consumers. A publisher declares them all first and sends to each by its
// name: an event is delivered when every queue that lists its type has confirmed it. An event
// published before a queue exists would never reach that consumer, and any service may be the first
// to start. To add a consumer, add a line here.
var (
	CatalogReadSide   = Queue{Name: "catalog.read-side", Types: []string{StockChangedV1}}
	InventoryProducts = Queue{Name: "inventory.products", Types: []string{ProductCreatedV1, ProductChangedV1}}
)

// Queues returns all of them.
func Queues() []Queue { return []Queue{CatalogReadSide, InventoryProducts} }
