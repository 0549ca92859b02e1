// Package readside has what shoppers read of the catalog: one document a product, with its stock, in
// the document store. The documents follow what changes in the catalog's database within moments.
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
	"github.com/ordersaga/ordersaga/platform/readmodel"
)

// Definition of the read model.
var Definition = readmodel.Definition{Name: "products", Former: []string{"products"}}

// All is the list of all products.
const All = readmodel.List("all")

// Product is the document of one product.
type Product struct {
	SKU string `bson:"_id"`
	// Position of the change that the document shows: one more with each change of the product or
	// of its stock.
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
	// Stock is nil until inventory has told of the SKU.
	Stock *Stock `bson:"stock,omitempty"`
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

// Stock is what inventory last told, in units.
type Stock struct {
	Available int64 `bson:"available"`
	Version   int64 `bson:"version"`
}

// ErrNotFound means that the read side has no product of that SKU (yet).
var ErrNotFound = errors.New("no such product")

// Products are the documents.
type Products struct {
	model *readmodel.Model
	cache *cache.Cache[kept] // nil is none

	mu     sync.Mutex
	live   readmodel.Generation
	looked time.Time
}

// NewProducts reads the documents of a model.
func NewProducts(model *readmodel.Model) *Products { return &Products{model: model} }

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
	return page.Items, page.Next, err
}
