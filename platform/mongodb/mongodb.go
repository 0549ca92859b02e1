// Package mongodb opens the read store and writes documents to it so that an older version never
// replaces a newer one.
//
// The store is MongoDB or FerretDB 1, which has no transactions, no pipeline updates and no $text;
// this package does not need them.
package mongodb

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

const (
	// pingTimeout bounds the first contact: a start must stop, not hang.
	pingTimeout = 10 * time.Second
	// selectionTimeout bounds the wait of an operation for a server.
	selectionTimeout = 5 * time.Second
	// The driver's monitor detects a silent server on a separate connection: it pings at each
	// heartbeat, and when neither an answer nor a new connection comes within connectTimeout,
	// operations in flight are interrupted and their connections closed. That takes at most 10 s,
	// also when a proxy in between keeps TCP alive.
	heartbeat      = 2 * time.Second
	connectTimeout = 4 * time.Second
	// operationTimeout bounds an operation whose context has no deadline.
	operationTimeout = 30 * time.Second
	// maxConnections bounds the commands that run at one time. In FerretDB 1 each command holds a
	// connection of its pool and waits for a second one; too many commands deadlock it.
	maxConnections = 16
)

// Open connects to the server of a URI and waits until it answers, at most 10 s. Its errors name
// MONGODB_URI, never the password. Operations whose context has no deadline get one of 30 s. At
// most 16 run at one time unless the URI sets another number. Each is a span, without the values.
func Open(ctx context.Context, uri, database string) (*mongo.Database, error) {
	if database == "" {
		return nil, errors.New("open MONGODB_URI: no database name")
	}
	given := options.Client().
		SetAppName(filepath.Base(os.Args[0])).
		SetConnectTimeout(connectTimeout).
		SetHeartbeatInterval(heartbeat).
		SetServerSelectionTimeout(selectionTimeout).
		SetTimeout(operationTimeout).
		SetMaxPoolSize(maxConnections).
		SetMonitor(monitor()).
		ApplyURI(uri)
	if err := given.Validate(); err != nil {
		return nil, errors.New("MONGODB_URI is not a MongoDB URI like mongodb://user:password@host:27017/")
	}
	client, err := mongo.Connect(given)
	if err != nil {
		return nil, fmt.Errorf("open MONGODB_URI %s: %w", redacted(uri), err)
	}
	db := client.Database(database)
	if err := Ready(ctx, db); err != nil {
		_ = client.Disconnect(context.WithoutCancel(ctx))
		return nil, fmt.Errorf("no answer from MongoDB at MONGODB_URI %s: %w", redacted(uri), err)
	}
	return db, nil
}

// Ready returns nil when the server answers within 10 s.
func Ready(ctx context.Context, db *mongo.Database) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	if err := db.Client().Ping(ctx, nil); err != nil {
		return fmt.Errorf("MongoDB: %w", err)
	}
	return nil
}

// Close waits for the operations in flight, as long as ctx allows, and closes the connections.
func Close(ctx context.Context, db *mongo.Database) error {
	if err := db.Client().Disconnect(ctx); err != nil {
		return fmt.Errorf("close MongoDB: %w", err)
	}
	return nil
}

// userinfo finds the user and password of a URI that may name several hosts.
var userinfo = regexp.MustCompile(`//([^@/:]*):[^@/]*@`)

// redacted returns the URI without its password, for messages.
func redacted(uri string) string {
	if parsed, err := url.Parse(uri); err == nil {
		return parsed.Redacted()
	}
	return userinfo.ReplaceAllString(uri, "//$1:xxxxx@")
}
