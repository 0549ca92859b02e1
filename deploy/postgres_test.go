package deploy_test

import (
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var postgresPlaces = func(name string) []string {
	return []string{"/usr/lib/postgresql/*/bin/" + name, "/opt/homebrew/opt/postgresql*/bin/" + name, "/usr/local/opt/postgresql*/bin/" + name}
}

// postgres is a server of this machine, set up as the image would: an empty cluster with the
// superuser of compose, and then the init script.
type postgres struct {
	port int
	env  []string
	psql string
}

// startPostgres runs a new cluster with the settings of compose's command.
func startPostgres(t testing.TB, project *types.Project) *postgres {
	t.Helper()
	service := project.Services["postgres"]
	given := environment(service)
	dir := folder(t)
	data := filepath.Join(dir, "data")
	secret := write(t, filepath.Join(dir, "password"), given["POSTGRES_PASSWORD"])
	env := []string{"PATH=" + systemPath, "LC_ALL=C", "TZ=UTC"}
	_, err := run(t, ordinary(t), env, find(t, "initdb", postgresPlaces("initdb")...),
		"--pgdata", data, "--username", given["POSTGRES_USER"], "--pwfile", secret, "--auth", "scram-sha-256",
		"--encoding", "UTF8", "--locale", "C", "--no-sync")
	require.NoError(t, err)

	p := &postgres{port: freePort(t), psql: find(t, "psql", postgresPlaces("psql")...)}
	command := []string{
		find(t, "postgres", postgresPlaces("postgres")...), "-D", data, "-c", "listen_addresses=127.0.0.1",
		"-c", "port=" + strconv.Itoa(p.port), "-c", "unix_socket_directories=" + dir, "-c", "fsync=off",
	}
	server := start(t, ordinary(t), dir, env, "postgres", append(command, service.Command[1:]...)...)
	p.env = append(env, "PGHOST=127.0.0.1", "PGPORT="+strconv.Itoa(p.port), "PGPASSWORD="+given["POSTGRES_PASSWORD"])
	for _, name := range sortedKeys(given) {
		p.env = append(p.env, name+"="+given[name])
	}
	eventually(t, "PostgreSQL", func() error {
		if err := server.running(); err != nil {
			t.Fatal(err)
		}
		_, err := p.as(t, given["POSTGRES_USER"], given["POSTGRES_PASSWORD"], "postgres", "SELECT 1")
		return err
	})
	return p
}

// setUp runs the init script as the image does.
func (p *postgres) setUp(t testing.TB, more ...string) error {
	t.Helper()
	script, err := filepath.Abs("postgres/10-databases.sh")
	require.NoError(t, err)
	_, err = run(t, nil, append(p.env, more...), script)
	return err
}

// as runs a statement as a role at a database and gives its answer.
func (p *postgres) as(t testing.TB, role, password, database, statement string) (string, error) {
	t.Helper()
	address := url.URL{
		Scheme: "postgres", User: url.UserPassword(role, password),
		Host: "127.0.0.1:" + strconv.Itoa(p.port), Path: "/" + database,
	}
	return run(t, nil, []string{"PATH=" + systemPath, "LC_ALL=C", "PGCONNECT_TIMEOUT=10"},
		p.psql, "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1", "--command", statement, address.String())
}

func TestEachRoleHasItsOwnDatabasesAndIsRefusedAtTheOthers(t *testing.T) {
	project := load(t)
	passwords := environment(project.Services["postgres"])
	server := startPostgres(t, project)
	require.NoError(t, server.setUp(t))
	// As after an upgrade that adds a database, or to change a password.
	require.NoError(t, server.setUp(t), "the script can be run again")

	all := tenants(project)
	everybodys := tenant{databases: []string{"postgres", "template1"}}
	for _, one := range all {
		password := passwords[one.variable]
		for _, database := range one.databases {
			_, err := server.as(t, one.role, password, database, "CREATE TABLE mine (id int); INSERT INTO mine VALUES (1); CREATE SCHEMA more")
			assert.NoError(t, err, "%s at its own %s", one.role, database)
		}
		for _, other := range append(all, everybodys) {
			if other.role == one.role {
				continue
			}
			for _, database := range other.databases {
				_, err := server.as(t, one.role, password, database, "SELECT 1")
				assert.ErrorContains(t, err, "permission denied for database", "%s at %s", one.role, database)
			}
		}
		_, err := server.as(t, one.role, password, one.databases[0], "CREATE DATABASE another")
		assert.ErrorContains(t, err, "permission denied", "%s makes databases", one.role)
		_, err = server.as(t, one.role, "wrong", one.databases[0], "SELECT 1")
		assert.ErrorContains(t, err, "password authentication failed")
	}

	require.NoError(t, server.setUp(t, "ORDERS_DB_PASSWORD=it's new"))
	count, err := server.as(t, "orders", "it's new", "orders", "SELECT count(*) FROM mine")
	require.NoError(t, err, "run again, the script changes passwords")
	assert.Equal(t, "1\n", count, "and leaves data alone")
}

// A role without a password would be found when the first order fails.
func TestTheInitScriptFailsWithoutAPassword(t *testing.T) {
	script, err := filepath.Abs("postgres/10-databases.sh")
	require.NoError(t, err)
	stub := filepath.Join(t.TempDir(), "psql")
	require.NoError(t, os.WriteFile(stub, []byte("#!/bin/sh\ncat >/dev/null\n"), 0o700))
	given := []string{"PATH=" + filepath.Dir(stub) + ":" + systemPath, "POSTGRES_USER=postgres"}
	for _, one := range tenants(load(t)) {
		given = append(given, one.variable+"=given")
	}
	_, err = run(t, nil, given, script)
	require.NoError(t, err)
	for _, one := range tenants(load(t)) {
		_, err := run(t, nil, append(slices.Clone(given), one.variable+"="), script)
		assert.ErrorContains(t, err, "the password of "+one.role+" is empty")
	}
}
