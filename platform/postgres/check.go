package postgres

import (
	"context"
	"fmt"

	"github.com/ordersaga/ordersaga/platform/doctor"
)

// Check makes a check that the database answers and that its role may create the tables of the
// migrations.
func Check(databaseURL string) doctor.Check {
	return doctor.Check{Subject: "DATABASE_URL", Encrypted: func() error { return encrypted(databaseURL) }, Try: func(ctx context.Context) (string, error) {
		db, err := Open(ctx, databaseURL)
		if err != nil {
			return "", err
		}
		defer db.Close()
		a, err := db.about(ctx)
		if err != nil {
			return "", err
		}
		switch {
		case !a.creates:
			// Open does not refuse it: tables may have been made by another role.
			return "", fmt.Errorf("%s: the role may not create tables; GRANT CREATE ON SCHEMA %s TO %s, or make it the owner of the database", a, *a.schema, a.role)
		case a.superuser:
			return a.String(), doctor.Remark("the role is a superuser; a role that owns this database is enough")
		case a.connections < 2*maxConns:
			return a.String(), doctor.Remark(fmt.Sprintf("max_connections is %d, and each program opens up to %d", a.connections, maxConns))
		case a.commit == "off":
			return a.String(), doctor.Remark("synchronous_commit is off: what was committed last is lost when the server crashes")
		}
		return a.String(), nil
	}}
}
