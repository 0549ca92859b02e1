// Package temporal runs the Temporal server and its Web UI inside this process.
package temporal

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/postgresql"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/temporal"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/ordersaga/ordersaga/devstack/internal/freeport"
	"github.com/ordersaga/ordersaga/devstack/internal/process"
)

// The databases the server keeps its state in.
const (
	Database           = "temporal"
	VisibilityDatabase = "temporal_visibility"
)

// A shard writes one thing at a time, so this bounds the concurrent writes. It must not change for
// existing data.
const historyShards = 16

// Server is a Temporal server with all its services. The fields are set before Run.
type Server struct {
	// Host to listen on, and ConnectHost to reach it by.
	Host, ConnectHost string
	// Loopback means that only this machine can reach them.
	Loopback bool
	// Port of the frontend; HTTPPort of its HTTP API, 0 for none; UIPort of the Web UI.
	Port, HTTPPort, UIPort int
	// PostgreSQL's address as host:port, and the role that owns both databases.
	DatabaseAddress, Role, Password string
	Log                             string

	Namespace string
	// Retention of closed workflows.
	Retention time.Duration
	// SearchAttributes maps a name to its type.
	SearchAttributes map[string]string

	server temporal.Server
	logger log.Logger
}

// Address of the frontend as host:port.
func (s *Server) Address() string { return net.JoinHostPort(s.ConnectHost, strconv.Itoa(s.Port)) }

// Run starts the server and returns when the namespace and its search attributes can be used.
func (s *Server) Run(ctx context.Context) error {
	if err := s.openLog(); err != nil {
		return err
	}
	if err := s.migrate(); err != nil {
		return err
	}
	if err := s.serve(); err != nil {
		return err
	}
	return s.prepareNamespace(ctx)
}

// Stop ends the server, and waits at most the grace. Nothing is lost after that, because all state
// is in the database.
func (s *Server) Stop(grace time.Duration, hurry <-chan struct{}) {
	if s.server == nil {
		return
	}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		if err := s.server.Stop(); err != nil {
			s.logger.Warn("stopping: " + err.Error())
		}
	}()
	select {
	case <-stopped:
	case <-hurry:
	case <-time.After(grace):
	}
}

func (s *Server) openLog() error {
	file, err := process.OpenLog(s.Log)
	if err != nil {
		return err
	}
	encoder := zapcore.NewJSONEncoder(log.DefaultZapEncoderConfig)
	s.logger = log.NewZapLogger(zap.New(zapcore.NewCore(encoder, zapcore.Lock(file), zapcore.WarnLevel)))
	return nil
}

func (s *Server) serve() error {
	internal, err := freePorts(3)
	if err != nil {
		return err
	}
	ports := map[primitives.ServiceName]int{
		primitives.FrontendService: s.Port,
		primitives.HistoryService:  internal[0],
		primitives.MatchingService: internal[1],
		primitives.WorkerService:   internal[2],
	}
	// Fixed addresses instead of the gossip ring: a single process starts at once.
	hosts := map[primitives.ServiceName]static.Hosts{}
	services := map[string]config.Service{}
	for name, port := range ports {
		ip := "127.0.0.1"
		connect := ip
		if name == primitives.FrontendService {
			ip, connect = s.Host, s.ConnectHost
		}
		address := net.JoinHostPort(connect, strconv.Itoa(port))
		hosts[name] = static.Hosts{All: []string{address}, Self: address}
		services[string(name)] = config.Service{RPC: config.RPC{GRPCPort: port, BindOnIP: ip}}
	}
	frontend := services[string(primitives.FrontendService)]
	frontend.RPC.HTTPPort = s.HTTPPort
	services[string(primitives.FrontendService)] = frontend

	server, err := temporal.NewServer(
		temporal.WithConfig(s.config(services)),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithStaticHosts(hosts),
		temporal.WithLogger(s.logger),
		temporal.WithDynamicConfigClient(s.dynamicSettings()),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()),
	)
	if err != nil {
		return fmt.Errorf("building the Temporal server: %w", err)
	}
	if err := server.Start(); err != nil {
		return fmt.Errorf("starting the Temporal server: %w", err)
	}
	s.server = server
	return nil
}

func (s *Server) config(services map[string]config.Service) *config.Config {
	const stateStore, visibilityStore, self = "state", "visibility", "active"
	return &config.Config{
		Persistence: config.Persistence{
			DefaultStore: stateStore, VisibilityStore: visibilityStore, NumHistoryShards: historyShards,
			DataStores: map[string]config.DataStore{
				stateStore:      {SQL: s.store(Database, 20)},
				visibilityStore: {SQL: s.store(VisibilityDatabase, 5)},
			},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10, MasterClusterName: self, CurrentClusterName: self,
			ClusterInformation: map[string]cluster.ClusterInformation{
				self: {Enabled: true, InitialFailoverVersion: 1, RPCAddress: s.Address()},
			},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		Services:            services,
		Archival: config.Archival{
			History:    config.HistoryArchival{State: "disabled"},
			Visibility: config.VisibilityArchival{State: "disabled"},
		},
		NamespaceDefaults: config.NamespaceDefaults{Archival: config.ArchivalNamespaceDefaults{
			History:    config.HistoryArchivalNamespaceDefaults{State: "disabled"},
			Visibility: config.VisibilityArchivalNamespaceDefaults{State: "disabled"},
		}},
		PublicClient: config.PublicClient{HostPort: s.Address()},
	}
}

// store describes one database. Each of the four services opens its own pool of at most that many
// connections.
func (s *Server) store(database string, connections int) *config.SQL {
	return &config.SQL{
		PluginName: postgresql.PluginNamePGX, ConnectProtocol: "tcp", ConnectAddr: s.DatabaseAddress,
		DatabaseName: database, User: s.Role, Password: s.Password,
		MaxConns: connections, MaxIdleConns: connections, MaxConnLifetime: time.Hour,
	}
}

// freePorts finds ports for the services that only this process calls.
func freePorts(count int) ([]int, error) {
	ports := make([]int, count)
	for i := range ports {
		// Held until all are found, so that they differ.
		listener, err := freeport.Listen("127.0.0.1")
		if err != nil {
			return nil, fmt.Errorf("finding a free port: %w", err)
		}
		defer listener.Close()
		ports[i] = listener.Addr().(*net.TCPAddr).Port
	}
	return ports, nil
}

// httpHosts are the allowed hosts of the HTTP API.
func (s *Server) httpHosts() []string {
	hosts := []string{}
	for _, name := range []string{"localhost", "*.localhost", "127.0.0.1", "::1", s.ConnectHost, s.Host} {
		hosts = append(hosts, net.JoinHostPort(name, strconv.Itoa(s.HTTPPort)))
	}
	return hosts
}

// HTTPAddress of the HTTP API as host:port.
func (s *Server) HTTPAddress() string {
	return net.JoinHostPort(s.ConnectHost, strconv.Itoa(s.HTTPPort))
}
