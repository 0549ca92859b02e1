package readside

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/ordersaga/ordersaga/contracts/events"
)

// part is a new state of one part of a product's document.
type part struct {
	sku     string
	gate    string // the field that has the part's version
	version int64
	fields  bson.D
}

func productPart(p events.ProductCreated) part {
	return part{sku: p.SKU, gate: versionField, version: p.Version, fields: bson.D{
		{Key: "name", Value: p.Name},
		{Key: "description", Value: p.Description},
		{Key: "price", Value: Price{Amount: p.Price, Currency: p.Currency}},
		{Key: "active", Value: p.Active},
		{Key: "created_at", Value: p.CreatedAt},
		{Key: versionField, Value: p.Version},
	}}
}

func stockPart(level events.StockLevel) part {
	return part{sku: level.SKU, gate: stockVersionField, version: level.Version, fields: bson.D{
		{Key: "stock", Value: Stock{Available: level.Available, Version: level.Version}},
	}}
}

// write sets each part unless the document has it in that version or a newer
// one, however many in a few commands. After an error any of them may be set;
// the call can be repeated.
//
// An upsert would do it in one, but where the document is newer it ends in a
// duplicate key, at which FerretDB 1 gives up the rest of the command. So
// documents that are missing are made first, empty, and only when some are.
func (p *Products) write(ctx context.Context, parts []part) error {
	if len(parts) == 0 {
		return nil
	}
	matched, err := p.update(ctx, parts)
	if err != nil || matched == int64(len(parts)) {
		return err
	}
	// What did not match is newer already, or missing.
	if err := p.ensure(ctx, parts); err != nil {
		return err
	}
	_, err = p.update(ctx, parts)
	return err
}

func (p *Products) update(ctx context.Context, parts []part) (matched int64, err error) {
	writes := make([]mongo.WriteModel, len(parts))
	for i, part := range parts {
		// Not "less than": that does not match where there is no version yet.
		older := bson.D{{Key: "$not", Value: bson.D{{Key: "$gte", Value: part.version}}}}
		writes[i] = mongo.NewUpdateOneModel().
			SetFilter(bson.D{{Key: "_id", Value: part.sku}, {Key: part.gate, Value: older}}).
			SetUpdate(bson.D{{Key: "$set", Value: part.fields}})
	}
	result, err := p.collection.BulkWrite(ctx, writes, options.BulkWrite().SetOrdered(false))
	if err != nil {
		return 0, fmt.Errorf("update %d parts of products: %w", len(parts), err)
	}
	return result.MatchedCount, nil
}

// ensure makes the documents that are missing.
func (p *Products) ensure(ctx context.Context, parts []part) error {
	documents := make([]any, 0, len(parts))
	seen := make(map[string]bool, len(parts))
	for _, part := range parts {
		if !seen[part.sku] {
			seen[part.sku] = true
			documents = append(documents, bson.D{{Key: "_id", Value: part.sku}})
		}
	}
	_, err := p.collection.InsertMany(ctx, documents, options.InsertMany().SetOrdered(false))
	var failed mongo.BulkWriteException
	if errors.As(err, &failed) && failed.WriteConcernError == nil && allDuplicates(failed.WriteErrors) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("make the documents of %d products: %w", len(documents), err)
	}
	return nil
}

func allDuplicates(failures []mongo.BulkWriteError) bool {
	const duplicateKey = 11000
	for _, failure := range failures {
		if failure.Code != duplicateKey {
			return false
		}
	}
	return true
}
