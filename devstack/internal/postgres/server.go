package postgres

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ordersaga/ordersaga/devstack/internal/process"
	"github.com/ordersaga/ordersaga/devstack/internal/progress"
)

// Superuser owns the cluster and may create databases and roles.
const Superuser = "ordersaga"

// Server is a private PostgreSQL server. The fields are set before Run.
type Server struct {
	// Folder of the server, which User owns.
	Folder string
	User   *process.User
	Log    string
	// Records of running children.
	Records string
	// Host to listen on, and ConnectHost to reach it by.
	Host, ConnectHost string
	Loopback          bool
	Port              int
	// Password of the superuser.
	Password  string
	Print     *progress.Printer
	Restarted func(pid int)

	binaries string
	service  process.Service
}

// Ways to stop: smart (no new sessions, wait for open ones), fast (end them), immediate (recover at
// the next start).
var steps = []process.Step{
	{Signal: syscall.SIGTERM, Grace: time.Second},
	{Signal: syscall.SIGINT, Grace: 30 * time.Second},
	{Signal: syscall.SIGQUIT, Grace: 5 * time.Second},
}

// EndLeftovers stops processes that a killed devstack left running, and reports whether there were
// any.
func EndLeftovers(records string) (bool, error) {
	server, err := process.EndLeftover(records, "postgres", steps[1:]...)
	if err != nil {
		return server, err
	}
	setup, err := process.EndLeftover(records, "initdb")
	return server || setup, err
}

// Run starts the server and returns when it answers.
func (s *Server) Run(ctx context.Context) error {
	var err error
	if s.binaries, err = findBinaries(s.data()); err != nil {
		return err
	}
	if err := s.create(ctx); err != nil {
		return err
	}
	if err := s.writeAccess(); err != nil {
		return err
	}
	s.service = process.Service{
		Name: "postgres", Start: s.start, Answers: s.answers, Patience: 2 * time.Minute,
		Steps: steps, Restarted: s.Restarted, Print: s.Print,
	}
	return s.service.Run(ctx)
}

// Stop ends the server; at once when hurry is closed.
func (s *Server) Stop(hurry <-chan struct{}) { s.service.Stop(hurry) }

// Pid of the server.
func (s *Server) Pid() int { return s.service.Pid() }

// URL to connect to a database as a role.
func (s *Server) URL(role, password, database string) string {
	address := url.URL{
		Scheme: "postgres", User: url.UserPassword(role, password),
		Host: s.Address(), Path: "/" + database, RawQuery: "sslmode=disable",
	}
	return address.String()
}

// Address as host:port.
func (s *Server) Address() string { return net.JoinHostPort(s.ConnectHost, strconv.Itoa(s.Port)) }

func (s *Server) data() string       { return filepath.Join(s.Folder, "data") }
func (s *Server) accessFile() string { return filepath.Join(s.Folder, "pg_hba.conf") }

func (s *Server) start(context.Context) (*process.Child, error) {
	if err := s.clearStaleLock(); err != nil {
		return nil, err
	}
	sockets, err := s.socketFolder()
	if err != nil {
		return nil, err
	}
	args := []string{"-D", s.data()}
	for _, setting := range []string{
		"listen_addresses=" + s.Host,
		"port=" + strconv.Itoa(s.Port),
		"unix_socket_directories=" + sockets,
		"hba_file=" + s.accessFile(),
		"password_encryption=scram-sha-256",
		// What may be taken at most: 150 by FerretDB, 25 by each of the four services of Temporal,
		// 20 by each instance of the four services of the product; with two instances of each there
		// are 90 left for tests and people.
		"max_connections=500",
		"shared_buffers=256MB",
		"max_wal_size=2GB",
		// JIT compilation of short statements costs more than it saves.
		"jit=off",
		"timezone=UTC", "log_timezone=UTC",
		"logging_collector=off", "log_destination=stderr", "log_line_prefix=%m [%p] %u@%d ",
	} {
		args = append(args, "-c", setting)
	}
	return process.Start(process.Program{
		Name: "postgres", Path: filepath.Join(s.binaries, "postgres"), Args: args, Env: environment(),
		Dir: s.Folder, User: s.User, Log: s.Log, Records: s.Records,
		// A fast shutdown, so that the data is clean also when the devstack was killed.
		Death: syscall.SIGINT,
	})
}

// socketFolder returns the folder for the unix socket, or "" when the path would be too long for
// the system.
func (s *Server) socketFolder() (string, error) {
	longest := 107
	if runtime.GOOS == "darwin" {
		longest = 103
	}
	folder := filepath.Join(s.Folder, "socket")
	if len(fmt.Sprintf("%s/.s.PGSQL.%d", folder, s.Port)) > longest {
		return "", nil
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", fmt.Errorf("making the folder of the socket: %w", err)
	}
	return folder, s.User.Own(folder)
}

func (s *Server) answers(ctx context.Context) error {
	conn, err := s.connect(ctx, "postgres")
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	return conn.Ping(ctx)
}

func (s *Server) connect(ctx context.Context, database string) (*pgx.Conn, error) {
	conn, err := pgx.Connect(ctx, s.URL(Superuser, s.Password, database))
	if err != nil {
		return nil, fmt.Errorf("connecting to database %s at %s: %w", database, s.Address(), err)
	}
	return conn, nil
}
