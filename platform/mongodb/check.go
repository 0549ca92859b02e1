package mongodb

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/ordersaga/ordersaga/platform/doctor"
)

// scratch is the collection that Check writes to and drops.
const scratch = "doctor"

// Check makes a check that the server of a URI answers and takes writes, which fails for a replica
// set without a primary and for a user without a role on the database.
func Check(uri, database string) doctor.Check {
	return doctor.Check{Subject: "MONGODB_URI", Encrypted: func() error { return encrypted(uri) }, Try: func(ctx context.Context) (string, error) {
		db, err := Open(ctx, uri, database)
		if err != nil {
			return "", err
		}
		defer func() { _ = Close(context.WithoutCancel(ctx), db) }()
		var server struct {
			Version string `bson:"version"`
		}
		if err := db.RunCommand(ctx, bson.D{{Key: "buildInfo", Value: 1}}).Decode(&server); err != nil {
			return "", fmt.Errorf("ask MongoDB for its version: %w", err)
		}
		var hello struct {
			Set string `bson:"setName"`
		}
		if err := db.RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&hello); err != nil {
			return "", fmt.Errorf("ask MongoDB for its replica set: %w", err)
		}
		found := fmt.Sprintf("MongoDB %s, database %s", server.Version, database)
		if hello.Set != "" {
			found += ", replica set " + hello.Set
		}
		if _, err := db.Collection(scratch).InsertOne(ctx, bson.D{{Key: "tried", Value: true}}); err != nil {
			return "", fmt.Errorf("%s: it does not take a write: %w", found, err)
		}
		if err := db.Collection(scratch).Drop(ctx); err != nil {
			return "", fmt.Errorf("%s: it does not drop the collection %s: %w", found, scratch, err)
		}
		return found, nil
	}}
}
