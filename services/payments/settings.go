package main

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/config"
	"github.com/ordersaga/ordersaga/platform/doctor"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/rpc"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
)

// recordMargin is what a lease lasts beyond the time-out of a provider call, to record what was
// learned.
const recordMargin = 5 * time.Second

// minKeyLifetime leaves an hour in which a request may be sent again: the last hour of a key's life
// is not used.
const minKeyLifetime = 2 * time.Hour

// minMethodKey in bytes: as much as the key of HMAC-SHA256 is good for, in base64 or hex.
const minMethodKey = 32

// settings of payments, from the environment.
type settings struct {
	config.Server
	rpc.ServerSettings
	config.Client
	REST        rest.Settings
	DatabaseURL config.Secret `env:"DATABASE_URL,required" desc:"a PostgreSQL URL like postgres://user:password@host:5432/payments"`
	OrdersAddr  string        `env:"ORDERS_GRPC_ADDR" envDefault:"127.0.0.1:9080" desc:"host:port of the orders service's gRPC"`
	ProviderURL string        `env:"PAYMENT_PROVIDER_URL,required" desc:"the payment provider's URL, like http://127.0.0.1:8084"`
	ProviderKey config.Secret `env:"PAYMENT_PROVIDER_KEY,required" desc:"our API key at the payment provider"`
	MethodKey   config.Secret `env:"PAYMENT_METHOD_KEY" desc:"at least 32 random characters, the same for all instances, by which fingerprints of payment methods are made; required in production"`
	// Two calls, a request and a lookup, fit in the ten seconds a saga waits for an attempt.
	ProviderTimeout time.Duration `env:"PAYMENT_PROVIDER_TIMEOUT" envDefault:"4s" desc:"how long one call of the payment provider may take"`
	LookupDeadline  time.Duration `env:"PAYMENT_LOOKUP_DEADLINE" envDefault:"20s" desc:"how long after a request the payment provider's \"not found\" proves nothing"`
	ResolveEvery    time.Duration `env:"PAYMENT_RESOLVE_INTERVAL" envDefault:"1s" desc:"how often unfinished operations are looked for"`
	ObserveEvery    time.Duration `env:"PAYMENT_OBSERVE_INTERVAL" envDefault:"10s" desc:"how often the payment provider is asked what happened there by itself: voids, expiries, late failures, disputes"`
	KeyLifetime     time.Duration `env:"PAYMENT_KEY_LIFETIME" desc:"how long the payment provider remembers an idempotency key, when that is shorter than its adapter says; at least 2h"`
}

// SetDefaults gives payments its port.
func (s *settings) SetDefaults() { s.Port = 8083 }

// checks are what must be true for payments to work.
func (s settings) checks() []doctor.Check {
	return []doctor.Check{
		postgres.Check(s.DatabaseURL.Reveal()),
		auth.CheckIssuer(s.Auth),
		auth.CheckClient(s.Client),
		rpc.Check("ORDERS_GRPC_ADDR", s.OrdersAddr),
		rpc.CheckServer(s.ServerSettings, s.GRPCAddress()),
		{Subject: "PAYMENT_PROVIDER_URL", Try: s.askProvider, Encrypted: s.providerEncrypted},
	}
}

// Validate checks what the types of the fields do not.
func (s settings) Validate() error {
	problems := []error{s.REST.Check(s.Production())}
	switch key := s.MethodKey.Reveal(); {
	case key == "" && s.Production():
		problems = append(problems, errors.New("PAYMENT_METHOD_KEY is required in production: at least 32 random characters, as `openssl rand -hex 32` makes them, the same for all instances"))
	case key != "" && len(key) < minMethodKey:
		problems = append(problems, fmt.Errorf("PAYMENT_METHOD_KEY must have at least %d characters", minMethodKey))
	}
	if s.ProviderTimeout < 100*time.Millisecond || s.ProviderTimeout > 30*time.Second {
		problems = append(problems, fmt.Errorf("PAYMENT_PROVIDER_TIMEOUT must be between 100ms and 30s, not %s", s.ProviderTimeout))
	}
	if least := s.policy().Lease; s.LookupDeadline < least {
		// While the request may still be on its way, "not found" proves nothing.
		problems = append(problems, fmt.Errorf(
			"PAYMENT_LOOKUP_DEADLINE must be at least %s (PAYMENT_PROVIDER_TIMEOUT and %s), not %s", least, recordMargin, s.LookupDeadline))
	}
	if s.ResolveEvery < 10*time.Millisecond || s.ResolveEvery > time.Minute {
		problems = append(problems, fmt.Errorf("PAYMENT_RESOLVE_INTERVAL must be between 10ms and 1m, not %s", s.ResolveEvery))
	}
	if s.ObserveEvery < 10*time.Millisecond || s.ObserveEvery > time.Hour {
		problems = append(problems, fmt.Errorf("PAYMENT_OBSERVE_INTERVAL must be between 10ms and 1h, not %s", s.ObserveEvery))
	}
	if s.KeyLifetime != 0 && s.KeyLifetime < minKeyLifetime {
		problems = append(problems, fmt.Errorf("PAYMENT_KEY_LIFETIME must be at least %s, not %s", minKeyLifetime, s.KeyLifetime))
	}
	return errors.Join(problems...)
}

// methodKey is the setting or, in development without it, one that everybody knows: it has to
// outlive the process, or a request that is repeated after a restart would be another one.
func (s settings) methodKey() domain.MethodKey {
	return domain.MethodKey(cmp.Or(s.MethodKey.Reveal(), "development"))
}

func (s settings) policy() domain.Policy {
	return domain.Policy{
		Lease:          s.ProviderTimeout + recordMargin,
		KeyLifetime:    s.KeyLifetime,
		LookupDeadline: s.LookupDeadline,
		RetryAfter:     s.ResolveEvery,
		RetryAtMost:    time.Minute,
		PollAtMost:     time.Hour,
		RecheckAfter:   10 * s.LookupDeadline,
	}
}
