package events

// Queue is a consumer's queue: its name and the types that are routed to it.
type Queue struct {
	Name  string
	Types []string
}

// The queues of our own consumers. Whoever publishes makes them all first: an
// event that is published before a queue is bound passes that consumer by for
// ever, and on the very first start any service may be the first. To add a
// consumer is a line here.
var (
	CatalogReadSide   = Queue{Name: "catalog.read-side", Types: []string{ProductCreatedV1, ProductChangedV1, StockChangedV1}}
	InventoryProducts = Queue{Name: "inventory.products", Types: []string{ProductCreatedV1, ProductChangedV1}}
)

// Queues are all of them.
func Queues() []Queue { return []Queue{CatalogReadSide, InventoryProducts} }
