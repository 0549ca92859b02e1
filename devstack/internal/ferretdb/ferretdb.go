// Package ferretdb answers the MongoDB wire protocol inside this process, with PostgreSQL
// underneath.
package ferretdb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/FerretDB/FerretDB/ferretdb"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/ordersaga/ordersaga/devstack/internal/process"
)

// Database is where the documents are kept.
const Database = "ferretdb"

// MaxConnections that FerretDB may have to PostgreSQL, which is to refuse it more: FerretDB is told
// that it may open as many as it likes.
//
// It keeps one for every update and replacement that matched a document until the whole command
// ends, and takes another one to write. A pool that is empty makes it wait for ever then, each
// command for what the others hold, and no client can end that. PostgreSQL refuses instead: the
// command fails, gives back what it held, and can be repeated.
const MaxConnections = 150

// maxPoolSize is how many commands a client may have under way, where the driver's default is 100:
// together the clients are to wait for their own turn rather than be refused.
const maxPoolSize = 20

// Settings of a FerretDB.
type Settings struct {
	// Host to listen on, and the one by which a client on this machine reaches it.
	Host, ConnectHost string
	Port              int
	// DatabaseURL is of the PostgreSQL database that keeps the documents. Its user and password are
	// those of MongoDB clients, too: FerretDB logs in to PostgreSQL with what a client gives it.
	DatabaseURL string
	// Log is the file of its own log.
	Log string
}

// Server is a FerretDB.
type Server struct {
	cancel context.CancelFunc
	ended  chan struct{}
	log    *os.File
	url    string
}

// Start serves MongoDB clients, and returns when one that logs in gets an answer.
func Start(ctx context.Context, settings Settings) (*Server, error) {
	login, target, err := poolURL(settings.DatabaseURL)
	if err != nil {
		return nil, fmt.Errorf("starting FerretDB: %w", err)
	}
	file, err := process.OpenLog(settings.Log)
	if err != nil {
		return nil, fmt.Errorf("starting FerretDB: %w", err)
	}
	// The embedded server neither reports to anyone nor looks for updates.
	server, err := ferretdb.New(&ferretdb.Config{
		Listener: ferretdb.ListenerConfig{TCP: net.JoinHostPort(settings.Host, strconv.Itoa(settings.Port))},
		// At a lower level it writes out whole documents, for every command that fails.
		Logger:        slog.New(slog.NewJSONHandler(file, &slog.HandlerOptions{Level: slog.LevelError})),
		Handler:       "postgresql",
		PostgreSQLURL: target,
	})
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("starting FerretDB: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	started := &Server{
		cancel: cancel, ended: make(chan struct{}), log: file,
		url: clientURL(login, net.JoinHostPort(settings.ConnectHost, strconv.Itoa(settings.Port))),
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

// clientURL is for MongoDB clients. Only this mechanism hands FerretDB the password that it needs
// for PostgreSQL.
func clientURL(login *url.Userinfo, address string) string {
	query := url.Values{"authMechanism": {"PLAIN"}, "maxPoolSize": {strconv.Itoa(maxPoolSize)}}
	return (&url.URL{Scheme: "mongodb", User: login, Host: address, Path: "/", RawQuery: query.Encode()}).String()
}

// stranger is whom FerretDB is to PostgreSQL for a client that does not log in: a role that cannot
// exist, for a name is shorter than this, so that no password of the environment helps.
var stranger = strings.Repeat("stranger-", 10)

// poolURL takes the log-in out of the address, and adds FerretDB's settings of PostgreSQL.
func poolURL(databaseURL string) (login *url.Userinfo, address string, err error) {
	target, err := url.Parse(databaseURL)
	if err != nil {
		return nil, "", errors.New("the database address is no URL") // the error would quote the password
	}
	login = target.User
	target.User = url.User(stranger)
	query := target.Query()
	// Never reached, see MaxConnections.
	query.Set("pool_max_conns", strconv.Itoa(2*MaxConnections))
	query.Set("pool_max_conn_idle_time", "1m")
	query.Set("connect_timeout", "10")
	// FerretDB sends even the name of the field as a parameter. A plan that does not know it can
	// use no index, and PostgreSQL would settle for such a plan where a collection was small when
	// it was first asked.
	query.Set("plan_cache_mode", "force_custom_plan")
	target.RawQuery = query.Encode()
	return login, target.String(), nil
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

// URL for MongoDB clients, with user and password.
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
