package readside

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/ordersaga/ordersaga/platform/cache"
	"github.com/ordersaga/ordersaga/platform/each"
	"github.com/ordersaga/ordersaga/platform/readmodel"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
	"github.com/ordersaga/ordersaga/services/catalog/internal/store"
)

// kept is what is known of a SKU: also that there is no product of it.
type kept struct {
	Product Product
	Found   bool
}

// Cache lets Get read through a cache in a store; nil is none. What the feed writes it invalidates
// before it counts as shown, so that no answer is older. Quotes never read it: what is charged is
// read where it is changed.
func (p *Products) Cache(in cache.Store, feed *Feed) {
	if in == nil {
		return
	}
	p.cache, p.stock = cache.New[kept]("products", in), cache.New[*store.Stock]("stock", in)
	project := feed.Project
	feed.Project = func(ctx context.Context, g readmodel.Generation, changed []store.Changed) error {
		if err := project(ctx, g, changed); err != nil {
			return err
		}
		return p.cache.Invalidate(ctx, each.Map(changed, func(c store.Changed) string { return key(g, c.SKU) })...)
	}
}

// StockChanged forgets the stock of SKUs in the cache, after it was kept.
func (p *Products) StockChanged(ctx context.Context, skus ...string) error {
	return p.stock.Invalidate(ctx, each.Map(skus, stockKey)...)
}

func stockKey(sku string) string { return "stock/" + sku }

// key of a product. One that was read of a generation is of no use once another is live.
func key(g readmodel.Generation, sku string) string {
	return strconv.FormatInt(g.Number, 10) + "/" + sku
}

// Get answers the product of a SKU, or ErrNotFound.
func (p *Products) Get(ctx context.Context, sku string) (Product, error) {
	live, err := p.generation(ctx)
	if err != nil {
		return Product{}, err
	}
	if !domain.IsSKU(sku) { // text of any length from outside
		return Product{}, notFound(sku)
	}
	known, err := p.cache.Get(ctx, key(live, sku), func(ctx context.Context) (kept, error) {
		product, err := p.read(ctx, live, sku)
		if errors.Is(err, ErrNotFound) {
			return kept{}, nil
		}
		return kept{Product: product, Found: err == nil}, err
	})
	if err == nil && !known.Found {
		err = notFound(sku)
	}
	if err != nil {
		return Product{}, err
	}
	known.Product.Stock, err = p.stock.Get(ctx, stockKey(sku), func(ctx context.Context) (*store.Stock, error) {
		stocks, err := store.Stocks(ctx, p.db, sku)
		return stocks[sku], err
	})
	return known.Product, err
}

// Stored answers the product of a SKU as its document is, without its stock and past the cache, or
// ErrNotFound. The audit compares with it: what the cache still remembers would hide a damaged
// document.
func (p *Products) Stored(ctx context.Context, sku string) (Product, error) {
	live, err := p.generation(ctx)
	if err != nil {
		return Product{}, err
	}
	return p.read(ctx, live, sku)
}

func notFound(sku string) error { return fmt.Errorf("%w: %.80q", ErrNotFound, sku) }
