package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/ordersaga/ordersaga/contracts/events"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/broker"
	"github.com/ordersaga/ordersaga/platform/cache/stores"
	"github.com/ordersaga/ordersaga/platform/config"
	"github.com/ordersaga/ordersaga/platform/doctor"
	"github.com/ordersaga/ordersaga/platform/mongodb"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/rpc"
	"github.com/ordersaga/ordersaga/platform/search/engines"
	"github.com/ordersaga/ordersaga/services/catalog/internal/pricing"
)

// settings of the catalog, from the environment.
type settings struct {
	config.Server
	rpc.ServerSettings
	config.Auth
	REST            rest.Settings
	DatabaseURL     config.Secret `env:"DATABASE_URL,required" desc:"a PostgreSQL URL like postgres://user:password@host:5432/catalog"`
	MongoDBURI      config.Secret `env:"MONGODB_URI,required" desc:"a MongoDB URI like mongodb://host:27017/"`
	MongoDBDatabase string        `env:"MONGODB_DATABASE" envDefault:"catalog" desc:"the name of the document database"`
	AMQPURL         config.Secret `env:"AMQP_URL,required" desc:"an AMQP URL like amqp://user:password@host:5672/"`
	ImportMiB       int           `env:"IMPORT_MIB" envDefault:"64" desc:"MiB of a file of products that is imported, at most, 1 to 512; while an import runs it takes some times as much memory"`
	Search          engines.Settings
	Cache           stores.Settings
	Pricing         pricingSettings
}

// SetDefaults gives the catalog its port.
func (s *settings) SetDefaults() { s.Port = 8081 }

// checks are what must be true for the catalog to work.
func (s settings) checks() []doctor.Check {
	return append([]doctor.Check{
		postgres.Check(s.DatabaseURL.Reveal()),
		mongodb.Check(s.MongoDBURI.Reveal(), s.MongoDBDatabase),
		broker.Check(s.AMQPURL.Reveal(), broker.Queues(events.Queues())...),
		auth.CheckIssuer(s.Auth),
		rpc.CheckServer(s.ServerSettings, s.GRPCAddress()),
	}, append(s.Search.Checks(), s.Cache.Checks()...)...)
}

// Validate checks what the types of the fields do not.
func (s settings) Validate() error {
	problems := []error{s.REST.Check(s.Production())}
	if err := broker.ValidateURL(s.AMQPURL.Reveal()); err != nil {
		problems = append(problems, fmt.Errorf("AMQP_URL is %w", err))
	}
	if s.ImportMiB < 1 || s.ImportMiB > 512 {
		problems = append(problems, fmt.Errorf("IMPORT_MIB must be between 1 and 512, not %d", s.ImportMiB))
	}
	return errors.Join(problems...)
}

type pricingSettings struct {
	// Shipping has a rate for each currency: a number alone would be pence in one order and yen in
	// the next.
	Shipping map[string]int64 `env:"PRICING_SHIPPING_FLAT" desc:"shipping of an order in minor units by currency, like GBP:395,EUR:450"`
	Tax      percent          `env:"PRICING_TAX_PERCENT" desc:"tax on goods and shipping in percent, 0 to 100 with at most two decimals, like 20 or 7.25"`
	// TaxByCategory makes tax known by line.
	TaxByCategory percents `env:"PRICING_TAX_PERCENT_BY_CATEGORY" desc:"other rates by category id, for what is in it or below it, like books:0,food:5; tax is then rounded once a line, not once an order"`
}

// Validate checks the bounds of the rates.
func (s pricingSettings) Validate() error {
	if err := (pricing.Rates{Shipping: s.Shipping}).Validate(); err != nil {
		return fmt.Errorf("PRICING_SHIPPING_FLAT: %w", err)
	}
	if err := (pricing.Rates{TaxByCategory: s.TaxByCategory}).Validate(); err != nil {
		return fmt.Errorf("PRICING_TAX_PERCENT_BY_CATEGORY: %w", err)
	}
	return nil
}

func (s pricingSettings) rates() pricing.Rates {
	return pricing.Rates{Shipping: s.Shipping, TaxBasisPoints: int64(s.Tax), TaxByCategory: s.TaxByCategory}
}

// percents are rates in basis points by a name, written like "books:0,food:5.5".
type percents map[string]int64

// UnmarshalText reads the rates. A name that is there twice is refused: one of the two is a mistake.
func (p *percents) UnmarshalText(text []byte) error {
	*p = percents{}
	for pair := range strings.SplitSeq(string(text), ",") {
		name, rate, _ := strings.Cut(pair, ":")
		var read percent
		if err := read.UnmarshalText([]byte(rate)); err != nil {
			return fmt.Errorf("%q is not like books:5: %w", pair, err)
		}
		if _, twice := (*p)[name]; twice {
			return fmt.Errorf("%q is there twice", name)
		}
		(*p)[name] = int64(read)
	}
	return nil
}

// percent is a rate in basis points, written in percent.
type percent int64

// UnmarshalText reads "7.25" as 725 without a float on the way.
func (p *percent) UnmarshalText(text []byte) error {
	whole, fraction, dotted := strings.Cut(string(text), ".")
	if len(fraction) > 2 || dotted && fraction == "" {
		return fmt.Errorf("%q is not a percentage with at most two decimals", text)
	}
	points, err := strconv.ParseUint(whole+(fraction + "00")[:2], 10, 32)
	if err != nil || whole == "" || points > 100_00 {
		return fmt.Errorf("%q is not a percentage from 0 to 100", text)
	}
	*p = percent(points)
	return nil
}
