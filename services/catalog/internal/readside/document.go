// Package readside has what shoppers read of the catalog: one document a product in the document
// store, fed by the events of catalog and inventory. It follows the commands by some milliseconds,
// and by longer while the broker is away.
package readside

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Product is the document of one product. Its two parts come by different events, in any order, and
// have a version each.
type Product struct {
	SKU         string `bson:"_id"`
	Name        string `bson:"name"`
	Description string `bson:"description"`
	// CategoryPaths are the ids from the root to each of its categories, joined by "/".
	Categories    []string  `bson:"categories"`
	CategoryPaths []string  `bson:"category_paths"`
	Images        []Image   `bson:"images"`
	Price         Price     `bson:"price"`
	Active        bool      `bson:"active"`
	Version       int64     `bson:"version"`
	CreatedAt     time.Time `bson:"created_at"`
	// Stock is nil until inventory has told of the SKU.
	Stock *Stock `bson:"stock"`
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

// Stock is inventory's part, in units.
type Stock struct {
	Available int64 `bson:"available"`
	Version   int64 `bson:"version"`
}

// The fields that gate writes.
const (
	versionField      = "version"
	stockVersionField = "stock.version"
)

// ErrNotFound means that the read side knows no product of that SKU (yet).
var ErrNotFound = errors.New("no such product")

// Products is the collection of them.
type Products struct{ collection *mongo.Collection }

// NewProducts is the collection in a database.
func NewProducts(db *mongo.Database) *Products {
	return &Products{collection: db.Collection("products")}
}

// known leaves out the documents that so far have only their stock part.
var known = bson.E{Key: versionField, Value: bson.D{{Key: "$gte", Value: int64(1)}}}

// Get answers the product of a SKU, or ErrNotFound.
func (p *Products) Get(ctx context.Context, sku string) (Product, error) {
	var found Product
	err := p.collection.FindOne(ctx, bson.D{{Key: "_id", Value: sku}, known}).Decode(&found)
	switch {
	case errors.Is(err, mongo.ErrNoDocuments):
		return Product{}, fmt.Errorf("%w: %q", ErrNotFound, sku)
	case err != nil:
		return Product{}, fmt.Errorf("read product %q: %w", sku, err)
	}
	return found, nil
}

// Page answers at most limit products whose SKUs come after one, in the bytewise order of their
// SKUs. After "" is from the start.
func (p *Products) Page(ctx context.Context, after string, limit int) ([]Product, error) {
	filter := bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: after}}}, known}
	cursor, err := p.collection.Find(ctx, filter,
		options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(int64(limit)))
	if err != nil {
		return nil, fmt.Errorf("list %d products after %q: %w", limit, after, err)
	}
	page := make([]Product, 0, limit)
	if err := cursor.All(ctx, &page); err != nil {
		return nil, fmt.Errorf("list %d products after %q: %w", limit, after, err)
	}
	return page, nil
}
