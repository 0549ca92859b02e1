// Package stack brings the engines up side by side, keeps them running and takes them down in
// order.
package stack

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ordersaga/ordersaga/devstack/internal/config"
	"github.com/ordersaga/ordersaga/devstack/internal/ferretdb"
	"github.com/ordersaga/ordersaga/devstack/internal/oidc"
	"github.com/ordersaga/ordersaga/devstack/internal/postgres"
	"github.com/ordersaga/ordersaga/devstack/internal/process"
	"github.com/ordersaga/ordersaga/devstack/internal/progress"
	"github.com/ordersaga/ordersaga/devstack/internal/rabbitmq"
	"github.com/ordersaga/ordersaga/devstack/internal/secrets"
	"github.com/ordersaga/ordersaga/devstack/internal/temporal"
)

// Stack is the engines of one configuration.
type Stack struct {
	cfg     *config.Config
	print   *progress.Printer
	folders folders
	secrets *secrets.Store

	postgres  *postgres.Server
	broker    *rabbitmq.Broker
	documents *ferretdb.Server
	workflows *temporal.Server
	page      *temporal.WebUI
	issuer    *oidc.Issuer

	mu      sync.Mutex
	engines engines
	ready   bool
}

// Run starts the engines, calls ready when all of them answer, and keeps them until ctx ends; then
// it stops them, in a hurry once that channel is closed. It is nil when the end was asked for,
// before or after everything was ready.
func Run(ctx context.Context, cfg *config.Config, print *progress.Printer, hurry <-chan struct{}, ready func()) error {
	user, err := process.Unprivileged()
	if err != nil {
		return err
	}
	stack := &Stack{cfg: cfg, print: print, folders: folders{dir: cfg.Dir, user: user}, engines: engines{}}
	if err := stack.folders.make(); err != nil {
		return err
	}
	held, err := lock(cfg.Dir)
	if err != nil {
		return err
	}
	defer held.Close()
	if err := stack.prepare(); err != nil {
		return err
	}
	defer stack.stop(hurry)
	if err := stack.start(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	if err := stack.announce(); err != nil {
		return err
	}
	ready()
	<-ctx.Done()
	return nil
}

// prepare does what must be done before the first engine starts.
func (s *Stack) prepare() error {
	if err := removeIfThere(s.enginesFile()); err != nil {
		return err
	}
	for name, end := range map[string]func(string) (bool, error){
		config.Postgres: postgres.EndLeftovers, config.RabbitMQ: rabbitmq.EndLeftovers,
	} {
		found, err := end(s.folders.records())
		if err != nil {
			return err
		}
		if found {
			s.print.Note(name, "was left running by a devstack that was killed; stopped")
		}
	}
	if err := s.cfg.Claim(); err != nil {
		return err
	}
	if !s.cfg.Loopback() {
		s.print.Note("host", "%s is not loopback: Temporal and the token issuer ask for no password", s.cfg.Host)
	}
	var err error
	if s.secrets, err = secrets.Open(s.folders.file("secrets.json")); err != nil {
		return err
	}
	identity, err := s.secrets.Get("identity")
	if err != nil {
		return err
	}
	return s.folders.placeData(identity, s.print)
}

func (s *Stack) enginesFile() string { return s.folders.file("engines.json") }

// start brings everything up side by side; what stands on PostgreSQL follows it.
func (s *Stack) start(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	run := func(engine string, steps ...func(context.Context) error) {
		if !s.cfg.Runs(engine) {
			return
		}
		group.Go(func() error {
			for _, step := range steps {
				if err := step(ctx); err != nil {
					return err
				}
			}
			return nil
		})
	}
	database := make(chan struct{})
	afterDatabase := func(ctx context.Context) error {
		select {
		case <-database:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	run(config.OIDC, s.startIssuer)
	run(config.RabbitMQ, s.startBroker)
	run(config.Postgres, s.startPostgres, func(context.Context) error { close(database); return nil })
	run(config.MongoDB, afterDatabase, s.startDocuments)
	run(config.Temporal, afterDatabase, s.startWorkflows)
	return group.Wait()
}

func (s *Stack) startPostgres(ctx context.Context) error {
	began := time.Now()
	folder, err := s.folders.engine("postgres")
	if err != nil {
		return err
	}
	password, err := s.secrets.Get("postgres/" + postgres.Superuser)
	if err != nil {
		return err
	}
	server := &postgres.Server{
		Folder: folder, User: s.folders.user, Log: s.folders.log("postgres"), Records: s.folders.records(),
		Host: s.cfg.Host, ConnectHost: s.cfg.ConnectHost(), Loopback: s.cfg.Loopback(), Port: s.cfg.Ports.Postgres,
		Password: password, Print: s.print, Restarted: s.restarted,
	}
	s.postgres = server
	if err := server.Run(ctx); err != nil {
		return hint(err, s.folders.log("postgres"))
	}
	tenants, err := s.tenants()
	if err != nil {
		return err
	}
	if err := server.Admit(ctx, tenants); err != nil {
		return fmt.Errorf("preparing the databases: %w", err)
	}
	s.describe("postgres", addresses{"url": server.URL(postgres.Superuser, password, "postgres")})
	databases := addresses{}
	for _, tenant := range tenants[:len(s.cfg.Databases)] {
		databases[tenant.Role] = server.URL(tenant.Role, tenant.Password, tenant.Databases[0])
	}
	s.describe("databases", databases)
	s.print.State("postgres", "ready", began)
	return nil
}

// tenants of PostgreSQL: first those of the configuration, then the engines that keep their data
// there.
func (s *Stack) tenants() ([]postgres.Tenant, error) {
	var tenants []postgres.Tenant
	for _, name := range s.cfg.Databases {
		tenants = append(tenants, postgres.Tenant{Role: name, Databases: []string{name}})
	}
	if s.cfg.Runs(config.Temporal) {
		tenants = append(tenants, postgres.Tenant{Role: temporalRole, Databases: []string{temporal.Database, temporal.VisibilityDatabase}})
	}
	if s.cfg.Runs(config.MongoDB) {
		tenants = append(tenants, postgres.Tenant{
			Role: ferretdbRole, Databases: []string{ferretdb.Database}, MaxConnections: ferretdb.MaxConnections,
		})
	}
	for i := range tenants {
		var err error
		if tenants[i].Password, err = s.rolePassword(tenants[i].Role); err != nil {
			return nil, err
		}
	}
	return tenants, nil
}

const (
	temporalRole = "temporal"
	ferretdbRole = "ferretdb"
)

func (s *Stack) rolePassword(role string) (string, error) { return s.secrets.Get("postgres/" + role) }

func (s *Stack) startBroker(ctx context.Context) error {
	began := time.Now()
	folder, err := s.folders.engine("rabbitmq")
	if err != nil {
		return err
	}
	identity, err := s.secrets.Get("identity")
	if err != nil {
		return err
	}
	password, err := s.secrets.Get("rabbitmq/" + rabbitmq.Username)
	if err != nil {
		return err
	}
	cookie, err := s.secrets.Get("rabbitmq/cookie")
	if err != nil {
		return err
	}
	ports := s.cfg.Ports
	broker := &rabbitmq.Broker{
		Folder: folder, User: s.folders.user, Log: s.folders.log("rabbitmq"), Records: s.folders.records(),
		Host: s.cfg.Host, ConnectHost: s.cfg.ConnectHost(),
		Port: ports.AMQP, ManagementPort: ports.AMQPManagement, DistributionPort: ports.AMQPDistribution, EPMDPort: ports.EPMD,
		Node: "ordersaga-" + identity[:8] + "@localhost", Password: password, Cookie: cookie,
		Print: s.print, Restarted: s.restarted,
	}
	s.broker = broker
	if err := broker.Run(ctx); err != nil {
		return hint(err, s.folders.log("rabbitmq"))
	}
	s.describe("amqp", addresses{"url": broker.URL(), "management_url": broker.ManagementURL()})
	s.print.State("rabbitmq", "ready", began)
	return nil
}

func (s *Stack) startDocuments(ctx context.Context) error {
	began := time.Now()
	password, err := s.rolePassword(ferretdbRole)
	if err != nil {
		return err
	}
	if err := ferretdb.ServeIndexes(ctx, s.postgres.URL(postgres.Superuser, s.postgres.Password, ferretdb.Database)); err != nil {
		return hint(err, s.folders.log("postgres"))
	}
	server, err := ferretdb.Start(ctx, ferretdb.Settings{
		Host: s.cfg.Host, ConnectHost: s.cfg.ConnectHost(), Port: s.cfg.Ports.MongoDB,
		DatabaseURL: s.postgres.URL(ferretdbRole, password, ferretdb.Database), Log: s.folders.log("ferretdb"),
	})
	if err != nil {
		return err
	}
	s.documents = server
	s.describe("mongodb", addresses{"url": server.URL()})
	s.print.State("mongodb", "ready", began)
	return nil
}

func (s *Stack) startWorkflows(ctx context.Context) error {
	began := time.Now()
	password, err := s.rolePassword(temporalRole)
	if err != nil {
		return err
	}
	server := &temporal.Server{
		Host: s.cfg.Host, ConnectHost: s.cfg.ConnectHost(), Loopback: s.cfg.Loopback(), Port: s.cfg.Ports.Temporal, UIPort: s.cfg.Ports.TemporalUI,
		DatabaseAddress: s.postgres.Address(), Role: temporalRole, Password: password, Log: s.folders.log("temporal"),
		Namespace: s.cfg.Temporal.Namespace, Retention: time.Duration(s.cfg.Temporal.Retention),
		SearchAttributes: s.cfg.Temporal.SearchAttributes,
	}
	if s.cfg.Ports.TemporalHTTP != nil {
		server.HTTPPort = *s.cfg.Ports.TemporalHTTP
	}
	s.workflows = server
	if err := server.Run(ctx); err != nil {
		return hint(fmt.Errorf("temporal: %w", err), s.folders.log("temporal"))
	}
	s.print.State("temporal", "ready", began)
	page, err := server.StartWebUI()
	if err != nil {
		return err
	}
	s.page = page
	where := addresses{"address": server.Address(), "namespace": server.Namespace, "ui_url": page.URL()}
	if server.HTTPPort != 0 {
		where["http_address"] = server.HTTPAddress()
	}
	s.describe("temporal", where)
	s.print.State("temporal-ui", "ready", began)
	return nil
}

func (s *Stack) startIssuer(context.Context) error {
	began := time.Now()
	issuer, err := oidc.Start(s.cfg.Host, s.cfg.ConnectHost(), s.cfg.Ports.OIDC, s.cfg.Loopback(), s.cfg.OIDC, s.folders.file("oidc-signing-key.pem"))
	if err != nil {
		return err
	}
	s.issuer = issuer
	s.describe("oidc", addresses{"issuer": issuer.URL()})
	s.print.State("oidc", "ready", began)
	return nil
}

func (s *Stack) describe(engine string, where addresses) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.engines[engine] = where
}

// announce writes down where the engines are.
func (s *Stack) announce() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ready = true
	return s.writeEngines()
}

// restarted keeps the process ids in the file true.
func (s *Stack) restarted(int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ready {
		return
	}
	if err := s.writeEngines(); err != nil {
		s.print.Note("engines", "%v", err)
	}
}

func (s *Stack) writeEngines() error {
	pids := map[string]int{}
	if s.postgres != nil {
		pids["postgres"] = s.postgres.Pid()
	}
	if s.broker != nil {
		pids["rabbitmq"], pids["epmd"] = s.broker.Pid(), s.broker.MapperPid()
	}
	s.engines["pids"] = pids
	return s.engines.write(s.enginesFile())
}

// hint names the log that tells more.
func hint(err error, log string) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("%w (see %s)", err, log)
}
