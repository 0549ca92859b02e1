package postgres

import (
	"crypto/tls"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/jackc/pgx/v5"

	"github.com/ordersaga/ordersaga/platform/doctor"
)

// encrypted fails for a connection to another machine that may be without TLS: the default sslmode,
// prefer, also accepts plain text.
func encrypted(databaseURL string) error {
	parsed, err := pgx.ParseConfig(databaseURL)
	if err != nil {
		return errors.New("is no PostgreSQL URL") // the error would quote the password
	}
	plain := func(host string, encryption *tls.Config) error {
		if encryption != nil || doctor.Local(host) || filepath.IsAbs(host) { // a socket
			return nil
		}
		return fmt.Errorf("must have sslmode=verify-full, verify-ca or require: %s is not this machine", host)
	}
	if err := plain(parsed.Host, parsed.TLSConfig); err != nil {
		return err
	}
	for _, fallback := range parsed.Fallbacks {
		if err := plain(fallback.Host, fallback.TLSConfig); err != nil {
			return err
		}
	}
	return nil
}
