package store

import (
	"context"
	"fmt"
	"sync"

	"github.com/ordersaga/ordersaga/platform/postgres"
)

// numbersAtOnce is the increment of the sequence order_numbers.
const numbersAtOnce = 50

// Numbers gives out order numbers. A number is given once, over all instances. Numbers grow with
// time, but not strictly: each instance takes a block at a time, and the rest of a block is lost
// when the instance stops.
type Numbers struct {
	db *postgres.DB

	mu         sync.Mutex
	next, last int64
}

// NewNumbers makes Numbers from the database's sequence.
func NewNumbers(db *postgres.DB) *Numbers { return &Numbers{db: db, next: 1} }

// Next returns an unused number.
func (n *Numbers) Next(ctx context.Context) (int64, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.next > n.last {
		var first int64
		if err := n.db.SQL.QueryRowContext(ctx, `SELECT nextval('order_numbers')`).Scan(&first); err != nil {
			return 0, fmt.Errorf("take numbers for orders: %w", err)
		}
		n.next, n.last = first, first+numbersAtOnce-1
	}
	number := n.next
	n.next++
	return number, nil
}
