package postgres

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAConnectionThatLeavesTheMachineIsEncrypted(t *testing.T) {
	for url, want := range map[string]string{
		"postgres://u:hunter2@db:5432/orders?sslmode=verify-full":    "",
		"postgres://u:hunter2@db:5432/orders?sslmode=verify-ca":      "",
		"postgres://u:hunter2@db:5432/orders?sslmode=require":        "",
		"postgres://u:hunter2@db:5432/orders":                        "must have sslmode=verify-full, verify-ca or require: db is not this machine", // prefer
		"postgres://u:hunter2@db:5432/orders?sslmode=allow":          "must have sslmode=verify-full, verify-ca or require: db is not this machine",
		"postgres://u:hunter2@db:5432/orders?sslmode=disable":        "must have sslmode=verify-full, verify-ca or require: db is not this machine",
		"postgres://u:hunter2@127.0.0.1,db/orders?sslmode=disable":   "must have sslmode=verify-full, verify-ca or require: db is not this machine",
		"postgres://u:hunter2@127.0.0.1:5432/orders":                 "",
		"postgres://u:hunter2@localhost:5432/orders?sslmode=disable": "",
		"postgres:///orders?host=/var/run/postgresql&user=orders":    "",
		"host=db user=u password=hunter2 dbname=orders":              "must have sslmode=verify-full, verify-ca or require: db is not this machine",
		"postgres://u:hunter2@db:port/orders?sslmode=verify-full":    "is no PostgreSQL URL",
	} {
		err := encrypted(url)
		if want == "" {
			assert.NoError(t, err, url)
			continue
		}
		assert.EqualError(t, err, want, url)
	}
}
