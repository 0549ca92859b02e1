// Package readside has what shoppers read of the catalog: one document a product in the document
// store, which follows what changes in the catalog's database within moments, and beside it the
// stock, which changes with each order and so is read from the table where it is kept.
package readside

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/ordersaga/ordersaga/platform/cache"
	"github.com/ordersaga/ordersaga/platform/each"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/readmodel"
	"github.com/ordersaga/ordersaga/services/catalog/internal/store"
)

// Definition of the read model.
var Definition = readmodel.Definition{Name: "products", Former: []string{"products"}}

// All is the list of all products.
const All = readmodel.List("all")

// Product is the document of one product.
type Product struct {
	SKU string `bson:"_id"`
	// Position of the change that the document shows: it grows with each change of the product.
	Position    int64  `bson:"version"`
	Name        string `bson:"name"`
	Description string `bson:"description"`
	// CategoryPaths are the ids from the root to each of its categories, joined by "/".
	Categories    []string  `bson:"categories"`
	CategoryPaths []string  `bson:"category_paths"`
	Images        []Image   `bson:"images"`
	Price         Price     `bson:"price"`
	Active        bool      `bson:"active"`
	Version       int64     `bson:"product_version"` // one more with each change of the product
	CreatedAt     time.Time `bson:"created_at"`
	// Stock is nil until inventory has told of the SKU. It is not in the document.
	Stock *store.Stock `bson:"-"`
	// Place in the list, and the windows of it.
	Place int64    `bson:"place"`
	Pages []string `bson:"pages"`
}

// Image shows a product.
type Image struct {
	URL string `bson:"url"`
	Alt string `bson:"alt"`
}

// Price is for one unit, in minor units.
type Price struct {
	Amount   int64  `bson:"amount"`
	Currency string `bson:"currency"`
}

// ErrNotFound means that the read side has no product of that SKU (yet).
var ErrNotFound = errors.New("no such product")

// Products are the documents.
type Products struct {
	db    *postgres.DB
	model *readmodel.Model
	// cache of the documents, and stock of the stock; nil is none.
	cache *cache.Cache[kept]
	stock *cache.Cache[*store.Stock]

	mu     sync.Mutex
	live   readmodel.Generation
	looked time.Time
}

// NewProducts reads the documents of a model, and the stock in a database.
func NewProducts(db *postgres.DB, model *readmodel.Model) *Products {
	return &Products{db: db, model: model}
}

// liveFor is how long the live generation is remembered. One that was replaced is kept for longer.
const liveFor = time.Second

func (p *Products) generation(ctx context.Context) (readmodel.Generation, error) {
	p.mu.Lock()
	live, looked := p.live, p.looked
	p.mu.Unlock()
	if time.Since(looked) < liveFor {
		return live, nil
	}
	live, err := p.model.Live(ctx)
	if err != nil {
		return readmodel.Generation{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.live, p.looked = live, time.Now()
	return live, nil
}

func (p *Products) read(ctx context.Context, live readmodel.Generation, sku string) (found Product, err error) {
	err = p.model.Collection(live).FindOne(ctx, bson.D{{Key: "_id", Value: sku}}).Decode(&found)
	switch {
	case errors.Is(err, mongo.ErrNoDocuments):
		return Product{}, notFound(sku)
	case err != nil:
		return Product{}, fmt.Errorf("read product %q: %w", sku, err)
	}
	return found, nil
}

// Page answers at most limit products, at most readmodel.MaxLimit, that came before a place, the one
// that came last first; 0 is from the newest one. next is the place where the next page begins, 0
// when there is none.
func (p *Products) Page(ctx context.Context, before int64, limit int) (products []Product, next int64, err error) {
	live, shown, err := p.model.Head(ctx, All)
	if err != nil {
		return nil, 0, err
	}
	if before <= 0 || before > shown {
		before = shown
	}
	page, err := readmodel.Read(ctx, p.model, live, readmodel.Part[Product]{
		List: All, Before: before, Limit: limit,
		Place: func(p Product) int64 { return p.Place }, Keep: func(Product) bool { return true },
	})
	if err != nil {
		return nil, 0, err
	}
	stocks, err := store.Stocks(ctx, p.db, each.Map(page.Items, func(p Product) string { return p.SKU })...)
	if err != nil {
		return nil, 0, err
	}
	for i := range page.Items {
		page.Items[i].Stock = stocks[page.Items[i].SKU]
	}
	return page.Items, page.Next, nil
}
