package mongodb

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// VersionField holds a document's version. Every document written by
// ReplaceIfNewer has it.
const VersionField = "version"

// Document is one whole document at one version.
type Document struct {
	ID any
	// Version counts the changes of what the document shows, from 1.
	Version int64
	// Doc encodes to a BSON document. Its _id and version are set from ID and
	// Version; when it has its own, they must be the same.
	Doc any
}

// ReplaceIfNewer writes the document unless the collection has it in this version
// or a newer one; then it does nothing and returns nil. So events may come twice
// and in any order, and the newest stays.
func ReplaceIfNewer(ctx context.Context, collection *mongo.Collection, id any, version int64, doc any) error {
	return ReplaceManyIfNewer(ctx, collection, []Document{{ID: id, Version: version, Doc: doc}})
}

// ReplaceManyIfNewer does the same for many documents in one bulk write. Of
// several versions of one document it writes the newest alone. After an error
// any part may have been written; the call can be repeated.
func ReplaceManyIfNewer(ctx context.Context, collection *mongo.Collection, documents []Document) error {
	newest, err := newestOf(documents)
	if err != nil {
		return fmt.Errorf("write to %s: %w", collection.Name(), err)
	}
	duplicates, err := replace(ctx, collection, newest, true)
	if err != nil {
		return fmt.Errorf("write %d documents to %s: %w", len(newest), collection.Name(), err)
	}
	// A duplicate key says that the document is there and was not older when the
	// filter looked. It may have been missing then and inserted by another writer
	// since, in an older version than ours: so look again, now that it exists.
	if _, err := replace(ctx, collection, duplicates, false); err != nil {
		return fmt.Errorf("write %d documents to %s: %w", len(duplicates), collection.Name(), err)
	}
	return nil
}

// encoded is a document ready to be written.
type encoded struct {
	id      any
	version int64
	body    bson.D
}

// newestOf encodes the documents and keeps the newest of each id, in the order
// of their first appearance.
func newestOf(documents []Document) ([]encoded, error) {
	newest := make([]encoded, 0, len(documents))
	places := make(map[string]int, len(documents))
	for _, d := range documents {
		kind, raw, err := bson.MarshalValue(d.ID)
		if err != nil {
			return nil, fmt.Errorf("id %v: %w", d.ID, err)
		}
		body, err := d.body()
		if err != nil {
			return nil, fmt.Errorf("document %v version %d: %w", d.ID, d.Version, err)
		}
		key := string(kind) + string(raw)
		place, seen := places[key]
		switch {
		case !seen:
			places[key] = len(newest)
			newest = append(newest, encoded{d.ID, d.Version, body})
		case newest[place].version < d.Version:
			newest[place] = encoded{d.ID, d.Version, body}
		}
	}
	return newest, nil
}

// body is the document with _id first and its version.
func (d Document) body() (bson.D, error) {
	raw, err := bson.Marshal(d.Doc)
	if err != nil {
		return nil, err
	}
	elements, err := bson.Raw(raw).Elements()
	if err != nil {
		return nil, err
	}
	body := bson.D{{Key: "_id", Value: d.ID}, {Key: VersionField, Value: d.Version}}
	for _, element := range elements {
		switch element.Key() {
		case "_id":
			if kind, id, err := bson.MarshalValue(d.ID); err != nil || !element.Value().Equal(bson.RawValue{Type: kind, Value: id}) {
				return nil, fmt.Errorf("its own _id %s is another", element.Value())
			}
		case VersionField:
			if own, ok := element.Value().AsInt64OK(); !ok || own != d.Version {
				return nil, fmt.Errorf("its own version %s is another", element.Value())
			}
		default:
			body = append(body, bson.E{Key: element.Key(), Value: element.Value()})
		}
	}
	return body, nil
}

// replace writes the documents over older ones and, with upsert, where there are
// none. It returns those whose insert met a document that is there.
func replace(ctx context.Context, collection *mongo.Collection, documents []encoded, upsert bool) (duplicates []encoded, err error) {
	if len(documents) == 0 {
		return nil, nil
	}
	writes := make([]mongo.WriteModel, len(documents))
	for i, d := range documents {
		filter := bson.D{{Key: "_id", Value: d.id}, {Key: VersionField, Value: bson.D{{Key: "$lt", Value: d.version}}}}
		writes[i] = mongo.NewReplaceOneModel().SetFilter(filter).SetReplacement(d.body).SetUpsert(upsert)
	}
	_, err = collection.BulkWrite(ctx, writes, options.BulkWrite().SetOrdered(false))
	var failed mongo.BulkWriteException
	if !errors.As(err, &failed) || failed.WriteConcernError != nil {
		return nil, err
	}
	for _, failure := range failed.WriteErrors {
		const duplicateKey = 11000
		if failure.Code != duplicateKey || failure.Index < 0 || failure.Index >= len(documents) {
			return nil, err
		}
		duplicates = append(duplicates, documents[failure.Index])
	}
	return duplicates, nil
}
