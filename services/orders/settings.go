package main

import (
	"errors"
	"fmt"

	"github.com/ordersaga/ordersaga/contracts/events"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/broker"
	"github.com/ordersaga/ordersaga/platform/config"
	"github.com/ordersaga/ordersaga/platform/doctor"
	"github.com/ordersaga/ordersaga/platform/mongodb"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/rpc"
	"github.com/ordersaga/ordersaga/platform/search/engines"
	"github.com/ordersaga/ordersaga/platform/temporalclient"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/personal"
)

// settings are the environment variables of orders. TEMPORAL_* are read by platform/temporalclient.
type settings struct {
	config.Server
	rpc.ServerSettings
	config.Client
	REST            rest.Settings
	DatabaseURL     config.Secret `env:"DATABASE_URL,required" desc:"a PostgreSQL URL like postgres://user:password@host:5432/orders"`
	MongoDBURI      config.Secret `env:"MONGODB_URI,required" desc:"a MongoDB URI like mongodb://host:27017/"`
	MongoDBDatabase string        `env:"MONGODB_DATABASE" envDefault:"orders" desc:"the name of the document database"`
	Search          engines.Settings
	AMQPURL         config.Secret `env:"AMQP_URL,required" desc:"an AMQP URL like amqp://user:password@host:5672/"`
	PersonalKey     config.Secret `env:"PERSONAL_DATA_KEY" desc:"at least 32 random characters, the same for all instances and never changed, by which the keys of personal data are encrypted; required in production"`
	CatalogAddr     string        `env:"CATALOG_GRPC_ADDR" envDefault:"127.0.0.1:9081" desc:"host:port of the catalog service's gRPC"`
	MaxOpenOrders   int           `env:"MAX_OPEN_ORDERS" envDefault:"100" desc:"how many orders of one customer may be on their way at once, over all instances; 0 is no limit"`
	MaxDeclines     int           `env:"MAX_DECLINES_PER_HOUR" envDefault:"20" desc:"after how many declined payments within an hour a customer places no more orders; 0 is no limit"`
	Capture         string        `env:"CAPTURE" envDefault:"per_shipment" desc:"when money is captured: per_shipment, or all: everything with the first shipment; an authorization that can be captured once is always captured whole"`
	RefundLimit     int64         `env:"REFUND_LIMIT" envDefault:"0" desc:"how much one operator may give back of one order without a return, in minor units; 0 is no limit"`
	TaskQueue       string        `env:"TEMPORAL_TASK_QUEUE" desc:"the task queue the workers of the sagas poll"`
}

// SetDefaults gives orders its port and the usual task queue.
func (s *settings) SetDefaults() {
	s.Port = 8080
	s.TaskQueue = sagas.TaskQueue
}

// checks are the checks of --check.
func (s settings) checks() []doctor.Check {
	return append([]doctor.Check{
		postgres.Check(s.DatabaseURL.Reveal()),
		mongodb.Check(s.MongoDBURI.Reveal(), s.MongoDBDatabase),
		broker.Check(s.AMQPURL.Reveal(), broker.Queues(events.Queues())...),
		auth.CheckIssuer(s.Auth),
		auth.CheckClient(s.Client),
		rpc.CheckServer(s.ServerSettings, s.GRPCAddress()),
		rpc.Check("CATALOG_GRPC_ADDR", s.CatalogAddr),
	}, append(s.Search.Checks(), temporalclient.Checks(s.TaskQueue, sagas.SearchAttributes()...)...)...)
}

// Validate checks what the types of the fields do not.
func (s settings) Validate() error {
	problems := []error{s.REST.Check(s.Production())}
	switch length := len(s.PersonalKey.Reveal()); {
	case length == 0 && s.Production():
		problems = append(problems, errors.New("PERSONAL_DATA_KEY is required in production: at least 32 random characters, as `openssl rand -hex 32` makes them, the same for all instances and never changed"))
	case length > 0 && length < personal.MinSecret:
		problems = append(problems, fmt.Errorf("PERSONAL_DATA_KEY must have at least %d characters", personal.MinSecret))
	}
	if s.MaxOpenOrders < 0 || s.MaxDeclines < 0 {
		problems = append(problems, fmt.Errorf("MAX_OPEN_ORDERS and MAX_DECLINES_PER_HOUR must be 0 or more, not %d and %d", s.MaxOpenOrders, s.MaxDeclines))
	}
	if policy := domain.CapturePolicy(s.Capture); policy != domain.CapturePerShipment && policy != domain.CaptureAll {
		problems = append(problems, fmt.Errorf("CAPTURE must be %s or %s, not %q", domain.CapturePerShipment, domain.CaptureAll, s.Capture))
	}
	if s.RefundLimit < 0 {
		problems = append(problems, fmt.Errorf("REFUND_LIMIT must be 0 or more, not %d", s.RefundLimit))
	}
	if err := broker.ValidateURL(s.AMQPURL.Reveal()); err != nil {
		problems = append(problems, fmt.Errorf("AMQP_URL is %w", err))
	}
	return errors.Join(problems...)
}
