package rest

import (
	"crypto/rand"
	"errors"

	"github.com/ordersaga/ordersaga/platform/config"
)

// Settings of a REST border, from the environment.
type Settings struct {
	CursorKey      config.Secret `env:"CURSOR_KEY" desc:"at least 32 random characters, the same for all instances of a service, by which the cursors of lists are authenticated; required in production"`
	AllowedOrigins []string      `env:"CORS_ALLOWED_ORIGINS" desc:"the origins whose pages may call REST from a browser, like https://shop.example.com,https://admin.example.com; none when empty"`
}

// minCursorKey in bytes: as much as the key of HMAC-SHA256 is good for, in base64 or hex.
const minCursorKey = 32

// Check says what is wrong with the settings. Its errors name the variables.
func (s Settings) Check(production bool) error {
	return errors.Join(s.checkCursorKey(production), checkOrigins(s.AllowedOrigins))
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

// cursorSecret is the setting or, in development without it, one of this process:
// cursors then end with it, and begin again.
func (s Settings) cursorSecret() string {
	if key := s.CursorKey.Reveal(); key != "" {
		return key
	}
	return rand.Text() + rand.Text()
}
