// Package resumesagas starts what is missing after Temporal has lost runs: a page of the list of open
// sagas at a time. It may be repeated, also while sagas run: a saga with a run is left alone.
package resumesagas

import (
	"context"
	"log/slog"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/unavailable"
	"github.com/ordersaga/ordersaga/services/orders/internal/contract"
	"github.com/ordersaga/ordersaga/services/orders/internal/opensagas"
	"github.com/ordersaga/ordersaga/services/orders/internal/runs"
)

// atOnce is how many runs are started side by side.
const atOnce = 8

// Command resumes a page of sagas.
type Command struct {
	Limit  int         `query:"limit" minimum:"1" maximum:"500" default:"100" doc:"Sagas to look at."`
	Cursor rest.Cursor `query:"cursor" doc:"next_cursor of the page before."`
}

// Result is what became of the page.
type Result struct {
	Open    int         `json:"open" doc:"Sagas that are open now, on all pages."`
	Looked  int         `json:"looked" doc:"Sagas of this page."`
	Resumed int         `json:"resumed" doc:"Of these, had no run: one was started."`
	Failed  int         `json:"failed" doc:"Of these, could not be started; a repetition tries again."`
	Next    rest.Cursor `json:"next_cursor,omitempty" doc:"Asks for the next page; absent on the last one."`
}

// position is the last saga of a page.
type position struct {
	After int64 `json:"after"`
}

// New makes the use case. It answers unavailable when no saga of the page could be looked at.
func New(list *opensagas.Sagas, all *runs.Runs) cqrs.Handler[Command, Result] {
	return cqrs.Command("resume_sagas", func(ctx context.Context, command Command) (Result, error) {
		figures, err := list.Figures(ctx)
		if err != nil {
			return Result{}, err
		}
		page, next, err := rest.Page(ctx, "resume-sagas", command.Cursor, command.Limit,
			func(after position, limit int) ([]opensagas.Saga, error) {
				return list.List(ctx, 0, after.After, limit)
			},
			func(last opensagas.Saga) position { return position{last.Position} })
		if err != nil {
			return Result{}, err
		}
		var resumed, failed atomic.Int64
		var last atomic.Pointer[error]
		var starting errgroup.Group
		starting.SetLimit(atOnce)
		for _, saga := range page {
			starting.Go(func() error {
				started, err := all.Resume(ctx, contract.SagaMessage(saga.OrderID, saga.Saga), saga.CustomerID)
				switch {
				case err != nil:
					slog.ErrorContext(ctx, "a saga was not resumed", "order_id", saga.OrderID, "error", err)
					failed.Add(1)
					last.Store(&err)
				case started:
					resumed.Add(1)
				}
				return nil
			})
		}
		_ = starting.Wait()
		if err := last.Load(); err != nil && int(failed.Load()) == len(page) {
			return Result{}, unavailable.New("Temporal does not start runs", *err)
		}
		return Result{
			Open: int(figures.Running + figures.Stuck), Looked: len(page), Resumed: int(resumed.Load()), Failed: int(failed.Load()), Next: next,
		}, nil
	})
}
