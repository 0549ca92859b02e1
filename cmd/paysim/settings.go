package main

import (
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/ordersaga/ordersaga/platform/config"
)

type settings struct {
	Host   string        `env:"HOST" envDefault:"127.0.0.1" desc:"the address to listen on"`
	Port   uint16        `env:"PORT" envDefault:"8084" desc:"the port to listen on; 0 lets the system choose, and the log says which"`
	APIKey config.Secret `env:"PAYSIM_API_KEY,required" desc:"the key that clients must present"`
	Data   string        `env:"PAYSIM_DATA" envDefault:".ordersaga/paysim/paysim.db" desc:"the file of the books"`
	Slow   time.Duration `env:"PAYSIM_SLOW" envDefault:"3s" desc:"the delay of the slow cards, and of what happens later"`
	// Stripe forgets keys after a day at the earliest.
	KeyLifetime time.Duration `env:"PAYSIM_KEY_LIFETIME" envDefault:"24h" desc:"after which an Idempotency-Key is forgotten, and the same request is a new one"`
}

// AdminAddress is the one address it has, as net.Listen takes it.
func (s settings) AdminAddress() string { return net.JoinHostPort(s.Host, strconv.Itoa(int(s.Port))) }

// Validate checks what the types of the fields do not.
func (s settings) Validate() error {
	if s.Slow < 0 {
		return fmt.Errorf("PAYSIM_SLOW must not be negative, as %s is", s.Slow)
	}
	if s.KeyLifetime <= 0 {
		return fmt.Errorf("PAYSIM_KEY_LIFETIME must be positive, not %s", s.KeyLifetime)
	}
	return nil
}
