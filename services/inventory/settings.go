package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/contracts/events"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/broker"
	"github.com/ordersaga/ordersaga/platform/config"
	"github.com/ordersaga/ordersaga/platform/doctor"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/rpc"
)

// settings are the environment variables inventory reads.
type settings struct {
	config.Server
	rpc.ServerSettings
	config.Client
	REST        rest.Settings
	DatabaseURL config.Secret `env:"DATABASE_URL,required" desc:"a PostgreSQL URL like postgres://user:password@host:5432/inventory"`
	AMQPURL     config.Secret `env:"AMQP_URL,required" desc:"a RabbitMQ URL like amqp://user:password@host:5672/"`
	OrdersAddr  string        `env:"ORDERS_GRPC_ADDR" envDefault:"127.0.0.1:9080" desc:"host:port of the orders service's gRPC"`
	// HoldSweepInterval bounds how long stock stays reserved after its hold ran out.
	HoldSweepInterval time.Duration `env:"HOLD_SWEEP_INTERVAL" envDefault:"2s" desc:"how often holds that ran out are swept, 100ms to 1m"`
}

// SetDefaults gives inventory its port.
func (s *settings) SetDefaults() { s.Port = 8082 }

// checks are the checks of --check.
func (s settings) checks() []doctor.Check {
	return []doctor.Check{
		postgres.Check(s.DatabaseURL.Reveal()),
		broker.Check(s.AMQPURL.Reveal(), broker.Queues(events.Queues())...),
		auth.CheckIssuer(s.Auth),
		auth.CheckClient(s.Client),
		rpc.Check("ORDERS_GRPC_ADDR", s.OrdersAddr),
		rpc.CheckServer(s.ServerSettings, s.GRPCAddress()),
	}
}

// Validate checks bounds.
func (s settings) Validate() error {
	problems := []error{s.REST.Check(s.Production())}
	if err := broker.ValidateURL(s.AMQPURL.Reveal()); err != nil {
		problems = append(problems, fmt.Errorf("AMQP_URL is %w", err))
	}
	if s.HoldSweepInterval < 100*time.Millisecond || s.HoldSweepInterval > time.Minute {
		problems = append(problems, fmt.Errorf("HOLD_SWEEP_INTERVAL must be between 100ms and 1m, not %s", s.HoldSweepInterval))
	}
	return errors.Join(problems...)
}
