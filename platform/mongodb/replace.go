package mongodb

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"golang.org/x/sync/errgroup"
)

// VersionField holds a document's version. Every document written by ReplaceIfNewer has it.
const VersionField = "version"

// Document is one whole document at one version.
type Document struct {
	ID any
	// Version counts the changes of the document's source, from 1.
	Version int64
	// Doc encodes to a BSON document. Its _id and version are set from ID and Version; if it has
	// these fields they must be the same.
	Doc any
	// New means that the document is probably not there yet: it is inserted first, and replaced only
	// when it is there.
	New bool
}

// ReplaceIfNewer writes each document unless the collection has it in this version or a newer one;
// that one it leaves as it is. So documents may be written again and come in any order. Of several
// versions of one document it writes the newest alone. After an error any part may have been
// written; the call can be repeated.
//
// FerretDB 1 reads and writes a document in two steps, so with two processes that write the same
// document at the same moment the older version may win. Within a process the writes of a document
// are serialized, and a broker consumer is active in one process at a time.
func ReplaceIfNewer(ctx context.Context, collection *mongo.Collection, documents []Document) error {
	newest, err := newestOf(documents)
	if err != nil {
		return fmt.Errorf("write to %s: %w", collection.Name(), err)
	}
	if len(newest) == 0 {
		return nil
	}
	defer lock(collection, newest)()
	if err := replaceOrInsert(ctx, collection, newest); err != nil {
		return fmt.Errorf("write %d documents to %s: %w", len(newest), collection.Name(), err)
	}
	return nil
}

// replaceOrInsert is an upsert in separate commands. One command is not possible: FerretDB 1 ends
// it at the first duplicate key, which here only means "exists and is not older", and does not
// report which one it was.
func replaceOrInsert(ctx context.Context, collection *mongo.Collection, documents []encoded) error {
	var fresh, known []encoded
	for _, d := range documents {
		if d.isNew {
			fresh = append(fresh, d)
		} else {
			known = append(known, d)
		}
	}
	there, err := insertMissing(ctx, collection, fresh)
	if err != nil {
		return err
	}
	known = append(known, there...)
	replaced, err := replaceOlder(ctx, collection, known)
	if err != nil || replaced == len(known) {
		return err
	}
	there, err = insertMissing(ctx, collection, known)
	if err != nil || len(there) == 0 {
		return err
	}
	// A document that was missing and now exists was inserted by another writer in between, perhaps
	// in an older version.
	_, err = replaceOlder(ctx, collection, there)
	return err
}

// encoded is a document ready to be written.
type encoded struct {
	id      any
	key     string // the id in BSON, to compare by
	version int64
	body    bson.D
	isNew   bool
}

// newestOf encodes the documents and keeps the newest of each id, in the order of their first
// appearance.
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
			newest = append(newest, encoded{d.ID, key, d.Version, body, d.New})
		case newest[place].version < d.Version:
			newest[place] = encoded{d.ID, key, d.Version, body, d.New || newest[place].isNew}
		}
	}
	return newest, nil
}

// body returns the document with _id first and its version.
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
				return nil, fmt.Errorf("its own _id %s is different", element.Value())
			}
		case VersionField:
			if own, ok := element.Value().AsInt64OK(); !ok || own != d.Version {
				return nil, fmt.Errorf("its own version %s is different", element.Value())
			}
		default:
			body = append(body, bson.E{Key: element.Key(), Value: element.Value()})
		}
	}
	return body, nil
}

const (
	// replacesPerCommand bounds the replacements in one command. FerretDB 1 holds a connection of its
	// pool for each match until the command ends, and deadlocks when it has no more. It runs them one
	// by one anyway, so small commands cost little.
	replacesPerCommand = 4
	// commandsAtOnce bounds the commands that run at the same time. On a busy machine forty documents
	// one after the other took half a second, in which no list showed any of them.
	commandsAtOnce = 4
)

// replaceOlder writes the documents over older ones and returns how many.
func replaceOlder(ctx context.Context, collection *mongo.Collection, documents []encoded) (int, error) {
	var replaced atomic.Int64
	commands, ctx := errgroup.WithContext(ctx)
	commands.SetLimit(commandsAtOnce)
	for chunk := range slices.Chunk(documents, replacesPerCommand) {
		writes := make([]mongo.WriteModel, len(chunk))
		for i, d := range chunk {
			filter := bson.D{{Key: "_id", Value: d.id}, {Key: VersionField, Value: bson.D{{Key: "$lt", Value: d.version}}}}
			writes[i] = mongo.NewReplaceOneModel().SetFilter(filter).SetReplacement(d.body)
		}
		commands.Go(func() error {
			result, err := collection.BulkWrite(ctx, writes, options.BulkWrite().SetOrdered(false))
			if err == nil {
				replaced.Add(result.MatchedCount)
			}
			return err
		})
	}
	err := commands.Wait()
	return int(replaced.Load()), err
}

// insertMissing inserts the documents whose id is not there and returns the others.
func insertMissing(ctx context.Context, collection *mongo.Collection, documents []encoded) (there []encoded, err error) {
	if len(documents) == 0 {
		return nil, nil
	}
	bodies := make([]any, len(documents))
	for i, d := range documents {
		bodies[i] = d.body
	}
	_, err = collection.InsertMany(ctx, bodies, options.InsertMany().SetOrdered(false))
	var failed mongo.BulkWriteException
	if !errors.As(err, &failed) || failed.WriteConcernError != nil {
		return nil, err
	}
	for _, failure := range failed.WriteErrors {
		const duplicateKey = 11000
		if failure.Code != duplicateKey || failure.Index < 0 || failure.Index >= len(documents) {
			return nil, err
		}
		there = append(there, documents[failure.Index])
	}
	return there, nil
}
