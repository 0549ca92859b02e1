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
		{Key: "categories", Value: p.Categories},
		{Key: "category_paths", Value: p.CategoryPaths},
		{Key: "images", Value: images(p.Images)},
		{Key: "price", Value: Price{Amount: p.Price, Currency: p.Currency}},
		{Key: "active", Value: p.Active},
		{Key: "created_at", Value: p.CreatedAt},
		{Key: versionField, Value: p.Version},
	}}
}

func images(told []events.Image) []Image {
	var shown []Image
	for _, image := range told {
		shown = append(shown, Image(image))
	}
	return shown
}

func stockPart(level events.StockLevel) part {
	return part{sku: level.SKU, gate: stockVersionField, version: level.Version, fields: bson.D{
		{Key: "stock", Value: Stock{Available: level.Available, Version: level.Version}},
	}}
}

// write sets each part unless the document has it in that version or a newer one, however many in a
// few commands. After an error any of them may be set; the call can be repeated.
//
// Upserts would do it in one command, but where a document is newer an upsert ends in a duplicate
// key, at which FerretDB 1 gives up the rest of the command.
func (p *Products) write(ctx context.Context, parts []part) error {
	if len(parts) == 0 {
		return nil
	}
	matched, err := p.update(ctx, parts)
	if err != nil || matched == int64(len(parts)) {
		return err
	}
	// What did not match is newer already, or its document is missing.
	present, err := p.insert(ctx, parts)
	if err != nil || len(present) == 0 {
		return err
	}
	// Of those, some had only their other part, and some came just now from somebody else.
	_, err = p.update(ctx, present)
	return err
}

func (p *Products) update(ctx context.Context, parts []part) (matched int64, err error) {
	writes := make([]mongo.WriteModel, len(parts))
	for i, part := range parts {
		// Not "less than": that does not match where there is no version yet.
		older := bson.D{{Key: "$not", Value: bson.D{{Key: "$gte", Value: part.version}}}}
		// One document by its id, but said as "many": FerretDB 1 keeps a connection of its pool for
		// each update of one that matched, until the command ends, and with more than it has it
		// fails.
		writes[i] = mongo.NewUpdateManyModel().
			SetFilter(bson.D{{Key: "_id", Value: part.sku}, {Key: part.gate, Value: older}}).
			SetUpdate(bson.D{{Key: "$set", Value: part.fields}})
	}
	result, err := p.collection.BulkWrite(ctx, writes, options.BulkWrite().SetOrdered(false))
	if err != nil {
		return 0, fmt.Errorf("update %d parts of products: %w", len(parts), err)
	}
	return result.MatchedCount, nil
}

// insert makes the documents that are missing, of all their parts. It answers the parts of those
// that are there.
func (p *Products) insert(ctx context.Context, parts []part) (present []part, err error) {
	var skus []string
	fields := make(map[string]bson.D, len(parts))
	for _, part := range parts {
		if fields[part.sku] == nil {
			skus = append(skus, part.sku)
			fields[part.sku] = bson.D{{Key: "_id", Value: part.sku}}
		}
		fields[part.sku] = append(fields[part.sku], part.fields...)
	}
	documents := make([]any, len(skus))
	for i, sku := range skus {
		documents[i] = fields[sku]
	}
	_, err = p.collection.InsertMany(ctx, documents, options.InsertMany().SetOrdered(false))
	duplicates, err := duplicatesOf(err)
	if err != nil {
		return nil, fmt.Errorf("insert %d products: %w", len(documents), err)
	}
	there := make(map[string]bool, len(duplicates))
	for _, i := range duplicates {
		there[skus[i]] = true
	}
	for _, part := range parts {
		if there[part.sku] {
			present = append(present, part)
		}
	}
	return present, nil
}

// duplicatesOf is which documents of an insert were there, when nothing else was wrong with it.
func duplicatesOf(err error) (indexes []int, other error) {
	var failed mongo.BulkWriteException
	if !errors.As(err, &failed) || failed.WriteConcernError != nil {
		return nil, err
	}
	const duplicateKey = 11000
	for _, failure := range failed.WriteErrors {
		if failure.Code != duplicateKey {
			return nil, err
		}
		indexes = append(indexes, failure.Index)
	}
	return indexes, nil
}
