package postgres

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"
)

// Tenant is a role with its databases: it owns them and cannot connect to others.
type Tenant struct {
	Role      string
	Password  string
	Databases []string
	// MaxConnections that the role may have at a time; 0 for as many as the server has.
	MaxConnections int
}

// Admit creates the tenants that do not exist yet, and revokes access to their databases from all
// others.
func (s *Server) Admit(ctx context.Context, tenants []Tenant) error {
	conn, err := s.connect(ctx, "postgres")
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	// The server logs failed statements, and some of these have a password.
	if _, err := conn.Exec(ctx, "SET log_min_error_statement = panic"); err != nil {
		return fmt.Errorf("preparing the session: %w", err)
	}
	for _, name := range []string{"postgres", "template1"} {
		if err := run(ctx, conn, "REVOKE ALL ON DATABASE %I FROM PUBLIC", name); err != nil {
			return fmt.Errorf("closing database %s: %w", name, err)
		}
	}
	for _, tenant := range tenants {
		if err := admit(ctx, conn, tenant); err != nil {
			return fmt.Errorf("admitting the role %s: %w", tenant.Role, err)
		}
	}
	return nil
}

func admit(ctx context.Context, conn *pgx.Conn, tenant Tenant) error {
	known, err := exists(ctx, conn, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", tenant.Role)
	if err != nil {
		return err
	}
	verb := "CREATE"
	if known {
		verb = "ALTER"
	}
	limit := -1 // none
	if tenant.MaxConnections > 0 {
		limit = tenant.MaxConnections
	}
	attributes := " ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE CONNECTION LIMIT %s PASSWORD %L"
	if err := run(ctx, conn, verb+attributes, tenant.Role, strconv.Itoa(limit), tenant.Password); err != nil {
		return err
	}
	for _, database := range tenant.Databases {
		known, err := exists(ctx, conn, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", database)
		if err != nil {
			return err
		}
		if !known {
			if err := run(ctx, conn, "CREATE DATABASE %I OWNER %I TEMPLATE template0", database, tenant.Role); err != nil {
				return err
			}
		}
		if err := run(ctx, conn, "REVOKE ALL ON DATABASE %I FROM PUBLIC", database); err != nil {
			return err
		}
	}
	return nil
}

func exists(ctx context.Context, conn *pgx.Conn, query, name string) (bool, error) {
	var found bool
	if err := conn.QueryRow(ctx, query, name).Scan(&found); err != nil {
		return false, fmt.Errorf("looking for %q: %w", name, err)
	}
	return found, nil
}

// run executes a statement that takes no parameters, such as CREATE ROLE. The server's format()
// quotes the values: %I an identifier, %L a literal, %s an unquoted number.
func run(ctx context.Context, conn *pgx.Conn, template string, values ...string) error {
	var statement string
	if err := conn.QueryRow(ctx, "SELECT format($1, VARIADIC $2::text[])", template, values).Scan(&statement); err != nil {
		return fmt.Errorf("preparing %q: %w", template, err)
	}
	if _, err := conn.Exec(ctx, statement); err != nil {
		return fmt.Errorf("running %q: %w", template, err)
	}
	return nil
}
