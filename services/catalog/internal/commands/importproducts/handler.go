// Package importproducts takes a file of products: those that are new are created, those that are
// different are changed, the others stay as they are.
//
// The whole file is read and checked before anything is written, and everything is written in one
// transaction: a file with a fault, or an import that was interrupted, changes nothing, and the same
// file again changes nothing more.
package importproducts

import (
	"context"
	"errors"
	"time"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/catalog/internal/announce"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
	"github.com/ordersaga/ordersaga/services/catalog/internal/productfile"
	"github.com/ordersaga/ordersaga/services/catalog/internal/store"
)

// Command has the file.
type Command struct {
	Format  string // productfile.CSV or productfile.JSONLines
	Content []byte
	At      time.Time
}

// New makes the use case. Its error is *productfile.Faults when the file cannot be imported.
func New(db *postgres.DB) cqrs.Handler[Command, ImportReport] {
	write := cqrs.InTx(db, write)
	return cqrs.Command("import_products", func(ctx context.Context, command Command) (ImportReport, error) {
		wanted, err := productfile.Read(command.Format, command.Content, command.At)
		if err != nil {
			return ImportReport{}, err
		}
		return write.Handle(ctx, writing{wanted, command.At})
	})
}

type writing struct {
	productfile.File
	at time.Time
}

func place(ctx context.Context, tx *postgres.Tx, file productfile.File) error {
	changes := make([]*domain.Change, len(file.Changes))
	for i := range file.Changes {
		changes[i] = &file.Changes[i]
	}
	if err := store.Place(ctx, tx, file.Products...); err != nil {
		return err
	}
	return store.Place(ctx, tx, changes...)
}

func write(ctx context.Context, tx *postgres.Tx, w writing) (ImportReport, error) {
	if err := place(ctx, tx, w.File); err != nil {
		return ImportReport{}, err
	}
	created, err := store.InsertNew(ctx, tx, w.Products)
	if err != nil {
		return ImportReport{}, err
	}
	stored, err := store.LockAll(ctx, tx, w.Products)
	if err != nil {
		return ImportReport{}, err
	}
	var result ImportReport
	var changed []*domain.Product
	var news []announce.News
	faults := new(productfile.Faults)
	for i, product := range w.Products {
		now := stored[product.SKU()]
		next, err := now.Change(w.Changes[i], w.at)
		switch {
		case errors.Is(err, domain.ErrOtherCurrency):
			faults.Add(0, product.SKU(), err.Error())
			continue
		case err != nil:
			return ImportReport{}, err
		case next != now:
			changed = append(changed, next)
		}
		switch {
		case created[product.SKU()]:
			result.Created++
			news = append(news, announce.News{Product: next, Created: true})
		case next != now:
			result.Changed++
			news = append(news, announce.News{Product: next})
		default:
			result.Unchanged++
		}
	}
	if len(faults.First) > 0 {
		return ImportReport{}, faults
	}
	if err := store.ReplaceAll(ctx, tx, changed); err != nil {
		return ImportReport{}, err
	}
	return result, announce.Tell(ctx, tx, news)
}
