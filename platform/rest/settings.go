package rest

import (
	"crypto/rand"
	"errors"
	"fmt"
	"math"

	"github.com/ordersaga/ordersaga/platform/config"
)

// Settings are the settings of a REST API, from the environment.
type Settings struct {
	CursorKey      config.Secret `env:"CURSOR_KEY" desc:"at least 32 random characters, the same for all instances of a service, by which the cursors of lists are authenticated; required in production"`
	AllowedOrigins []string      `env:"CORS_ALLOWED_ORIGINS" desc:"the origins whose pages may call REST from a browser, like https://shop.example.com,https://admin.example.com; none when empty"`
	RatePerSecond  float64       `env:"RATE_LIMIT_PER_SECOND" envDefault:"100" desc:"requests a second that one caller may make of this process: a customer by the token, others by their address; 0 for no limit"`
	RateBurst      int           `env:"RATE_LIMIT_BURST" envDefault:"500" desc:"requests that a caller may make at once before RATE_LIMIT_PER_SECOND counts"`
	InFlight       int           `env:"REQUESTS_IN_FLIGHT" envDefault:"50" desc:"requests of one customer that this process works on at once, those that wait for an order among them; 0 for no limit"`
}

// minCursorKey in bytes.
const minCursorKey = 32

// Check returns the errors of the settings, which name the variables.
func (s Settings) Check(production bool) error {
	problems := []error{s.checkCursorKey(production), checkOrigins(s.AllowedOrigins)}
	if s.RatePerSecond < 0 || math.IsNaN(s.RatePerSecond) || math.IsInf(s.RatePerSecond, 0) {
		problems = append(problems, fmt.Errorf("RATE_LIMIT_PER_SECOND must be at least 0, not %v", s.RatePerSecond))
	}
	if s.RatePerSecond > 0 && s.RateBurst < 1 {
		problems = append(problems, fmt.Errorf("RATE_LIMIT_BURST must be at least 1, not %d", s.RateBurst))
	}
	if s.InFlight < 0 {
		problems = append(problems, fmt.Errorf("REQUESTS_IN_FLIGHT must be at least 0, not %d", s.InFlight))
	}
	return errors.Join(problems...)
}

func (s Settings) checkCursorKey(production bool) error {
	switch key := s.CursorKey.Reveal(); {
	case key == "" && production:
		return errors.New("CURSOR_KEY is required in production: at least 32 random characters, as `openssl rand -hex 32` makes them, the same for all instances")
	case key != "" && len(key) < minCursorKey:
		return errors.New("CURSOR_KEY must have at least 32 characters")
	default:
		return nil
	}
}

// cursorSecret returns the setting or, without one in development, a random secret: cursors are
// then valid until the process ends.
func (s Settings) cursorSecret() string {
	if key := s.CursorKey.Reveal(); key != "" {
		return key
	}
	return rand.Text() + rand.Text()
}
