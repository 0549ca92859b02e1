package events

// Queue is a consumer's queue: its name and the types that must reach it.
type Queue struct {
	Name  string
	Types []string
}

// The queues of our own consumers. Whoever publishes makes them all first and sends to each by its
// name: an event is delivered when every queue that lists its type has it. An event that is
// published before a queue is there passes that consumer by for ever, and on the very first start
// any service may be the first. To add a consumer is a line here.
var (
	CatalogReadSide   = Queue{Name: "catalog.read-side", Types: []string{ProductCreatedV1, ProductChangedV1, StockChangedV1}}
	InventoryProducts = Queue{Name: "inventory.products", Types: []string{ProductCreatedV1, ProductChangedV1}}
)

// Queues are all of them.
func Queues() []Queue { return []Queue{CatalogReadSide, InventoryProducts} }
