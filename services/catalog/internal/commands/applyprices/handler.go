// Package applyprices lets prices take effect whose time has come: they are written into the rows of
// their products and told of. Quotes do not wait for that (store.Offers). What is due is in the
// database, so a price whose time came while nothing ran takes effect at the next start.
package applyprices

import (
	"context"
	"log/slog"
	"time"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/catalog/internal/announce"
	"github.com/ordersaga/ordersaga/services/catalog/internal/store"
)

const (
	// Every is how often a Loop looks for prices that are due.
	Every = time.Second
	// productsAtOnce bounds one transaction, and timeout as well.
	productsAtOnce = 500
	timeout        = 10 * time.Second
)

// Command asks for some of the prices that are due.
type Command struct{}

// Result counts the products whose price changed; 0 when nothing is due.
type Result struct{ Products int }

// New makes the use case. The products and their events are written in one transaction.
func New(db *postgres.DB) cqrs.Handler[Command, Result] {
	return cqrs.Command("apply_prices", cqrs.InTx(db, apply))
}

func apply(ctx context.Context, tx *postgres.Tx, _ Command) (Result, error) {
	products, err := store.ApplyDuePrices(ctx, tx, productsAtOnce)
	if err != nil {
		return Result{}, err
	}
	return Result{Products: len(products)}, announce.Changed(ctx, tx, products...)
}

// Loop lets prices take effect, again and again.
type Loop struct {
	db      *postgres.DB
	handler cqrs.Handler[Command, Result]
}

// NewLoop makes a loop. Several may run at once, in several processes.
func NewLoop(db *postgres.DB) *Loop {
	return &Loop{db: db, handler: New(db)}
}

// Run looks once at its start and then Every so often until ctx ends, finishes the transaction that it
// has begun, and returns nil. Failures are logged, and the next turn tries again.
func (l *Loop) Run(ctx context.Context) error {
	turn := time.NewTicker(Every)
	defer turn.Stop()
	for {
		l.applyAll(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-turn.C:
		}
	}
}

func (l *Loop) applyAll(ctx context.Context) {
	for ctx.Err() == nil {
		applied, err := l.applySome(ctx)
		if err != nil {
			slog.ErrorContext(ctx, "prices that are due take effect at the next turn", "error", err)
			return
		}
		if applied == 0 {
			return
		}
		slog.InfoContext(ctx, "prices took effect", "products", applied)
	}
}

func (l *Loop) applySome(ctx context.Context) (int, error) {
	// Stopping must not tear a transaction that is about to commit.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer cancel()
	// Nothing is due in almost every turn: that is no use case to record.
	due, err := store.PricesDue(ctx, l.db)
	if err != nil || !due {
		return 0, err
	}
	result, err := l.handler.Handle(ctx, Command{})
	return result.Products, err
}
