package readside

import (
	"context"
	"slices"
	"time"

	"github.com/ordersaga/ordersaga/platform/mongodb"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/readmodel"
	"github.com/ordersaga/ordersaga/services/catalog/internal/store"
)

// Feed keeps the documents up to date.
type Feed = readmodel.Feed[store.Changed]

// NewFeed makes the feed of a model from the changes in the database.
func NewFeed(db *postgres.DB, model *readmodel.Model) *Feed {
	f := projector{db, model}
	return readmodel.NewFeed[store.Changed](model, store.NewChanges(db), f.arrange, f.project)
}

type projector struct {
	db    *postgres.DB
	model *readmodel.Model
}

// placedAtOnce bounds one statement.
const placedAtOnce = 1000

// arrange gives the products that are there their places, in the order in which they were created:
// changes come in the order of the last change of each.
func (p projector) arrange(ctx context.Context, g readmodel.Generation) error {
	for after := (store.Created{}); ; {
		page, err := store.CreatedAfter(ctx, p.db, after, placedAtOnce)
		if err != nil || len(page) == 0 {
			return err
		}
		entries := make([]readmodel.Entry, len(page))
		for i, product := range page {
			entries[i] = readmodel.Entry{ID: product.SKU, Lists: []readmodel.List{All}}
		}
		if _, err := p.model.Place(ctx, g, entries); err != nil {
			return err
		}
		after = page[len(page)-1]
	}
}

func (p projector) project(ctx context.Context, g readmodel.Generation, changed []store.Changed) error {
	var entries []readmodel.Entry
	created := map[string]time.Time{}
	for _, change := range changed {
		if change.Product != nil { // else it is stock of a product that is not there yet
			entries = append(entries, readmodel.Entry{ID: change.SKU, Lists: []readmodel.List{All}})
			created[change.SKU] = change.Product.Snapshot().CreatedAt
		}
	}
	// Positions within a batch are in no order.
	slices.SortFunc(entries, func(a, b readmodel.Entry) int { return created[a.ID].Compare(created[b.ID]) })
	places, err := p.model.Place(ctx, g, entries)
	if err != nil {
		return err
	}
	var documents []mongodb.Document
	for _, change := range changed {
		if change.Product == nil {
			continue
		}
		document := documentOf(change, places[change.SKU][All])
		documents = append(documents, mongodb.Document{ID: document.SKU, Version: document.Position, Doc: document})
	}
	if err := mongodb.ReplaceIfNewer(ctx, p.model.Collection(g), documents); err != nil {
		return err
	}
	return p.model.Show(ctx, g, places)
}

func documentOf(change store.Changed, place int64) Product {
	s := change.Product.Snapshot()
	document := Product{
		SKU: s.SKU, Position: change.Position, Name: s.Name, Description: s.Description,
		Categories: s.Categories, CategoryPaths: s.CategoryPaths,
		Price: Price{Amount: s.Price, Currency: s.Currency}, Active: s.Active, Version: s.Version, CreatedAt: s.CreatedAt,
		Place: place, Pages: All.Windows(place),
	}
	for _, image := range s.Images {
		document.Images = append(document.Images, Image(image))
	}
	return document
}
