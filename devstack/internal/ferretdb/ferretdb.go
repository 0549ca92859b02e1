// Package ferretdb answers the MongoDB wire protocol inside this process, with PostgreSQL underneath.
package ferretdb

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/FerretDB/FerretDB/ferretdb"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/ordersaga/ordersaga/devstack/internal/process"
)

// Database is where the documents are kept.
const Database = "ferretdb"

// Server is a FerretDB. It needs no log-in: whoever reaches the port may do all.
type Server struct {
	cancel context.CancelFunc
	ended  chan struct{}
	log    *os.File
	url    string
}

// Start serves MongoDB clients at host:port from the PostgreSQL database at databaseURL, and returns when a client gets
// an answer. Its own log goes to a file.
func Start(ctx context.Context, host, connectHost string, port int, databaseURL, log string) (*Server, error) {
	target, err := url.Parse(databaseURL)
	if err != nil {
		return nil, fmt.Errorf("starting FerretDB: the database address is no URL") // the error would quote the password
	}
	query := target.Query()
	query.Set("pool_max_conns", "30")
	target.RawQuery = query.Encode()
	file, err := process.OpenLog(log)
	if err != nil {
		return nil, fmt.Errorf("starting FerretDB: %w", err)
	}
	// The embedded server neither reports to anyone nor looks for updates.
	server, err := ferretdb.New(&ferretdb.Config{
		Listener: ferretdb.ListenerConfig{TCP: net.JoinHostPort(host, strconv.Itoa(port))},
		// At a lower level it writes out whole documents, for every command that fails.
		Logger:        slog.New(slog.NewJSONHandler(file, &slog.HandlerOptions{Level: slog.LevelError})),
		Handler:       "postgresql",
		PostgreSQLURL: target.String(),
	})
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("starting FerretDB: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	started := &Server{
		cancel: cancel, ended: make(chan struct{}), log: file,
		url: "mongodb://" + net.JoinHostPort(connectHost, strconv.Itoa(port)) + "/",
	}
	go func() {
		defer close(started.ended)
		_ = server.Run(ctx) // it listens already, and returns nothing but nil
	}()
	if err := started.answers(ctx); err != nil {
		started.Stop(0, nil)
		return nil, fmt.Errorf("starting FerretDB: %w", err)
	}
	return started, nil
}

// answers when a command that needs the database underneath does.
func (s *Server) answers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	client, err := mongo.Connect(options.Client().ApplyURI(s.url))
	if err != nil {
		return fmt.Errorf("connecting: %w", err)
	}
	defer client.Disconnect(context.WithoutCancel(ctx))
	if _, err := client.ListDatabaseNames(ctx, bson.D{}); err != nil {
		return fmt.Errorf("listing the databases: %w", err)
	}
	return nil
}

// URL for MongoDB clients.
func (s *Server) URL() string { return s.url }

// Stop closes the port and gives the connected clients the grace to finish.
func (s *Server) Stop(grace time.Duration, hurry <-chan struct{}) {
	s.cancel()
	select {
	case <-s.ended:
	case <-hurry:
	case <-time.After(grace):
	}
}
