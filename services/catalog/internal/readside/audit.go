package readside

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Documents reads the documents whose SKUs come after one and up to another, in order, those with
// only their stock part too. An empty last has no end; limit bounds how many.
func (p *Products) Documents(ctx context.Context, after, last string, limit int) ([]Product, error) {
	between := bson.D{{Key: "$gt", Value: after}}
	if last != "" {
		between = append(between, bson.E{Key: "$lte", Value: last})
	}
	cursor, err := p.collection.Find(ctx, bson.D{{Key: "_id", Value: between}},
		options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(int64(limit)))
	if err != nil {
		return nil, fmt.Errorf("read the documents of products after %q up to %q: %w", after, last, err)
	}
	var found []Product
	if err := cursor.All(ctx, &found); err != nil {
		return nil, fmt.Errorf("read the documents of products after %q up to %q: %w", after, last, err)
	}
	return found, nil
}
