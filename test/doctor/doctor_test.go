// Package doctor_test runs the programs' --check, --ready and --settings, and the command ordersaga
// doctor, on a running shop that is well and with settings that are not.
package doctor_test

import (
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/config"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

var programs = []string{shop.Paysim, shop.Catalog, shop.Inventory, shop.Payments, shop.Orders, shop.Worker}

func TestADeploymentThatIsWellIsFoundWell(t *testing.T) {
	s := shop.Open(t, shop.Options{})
	for _, name := range programs {
		printed, exitCode := shop.Try(t, s.Environment(name), name, "--check")
		assert.Zero(t, exitCode, printed)
		assert.NotContains(t, printed, "wrong", name)
		assert.Contains(t, printed, "the program runs here and is ready", name)

		printed, exitCode = shop.Try(t, s.Environment(name), name, "--ready")
		assert.Zero(t, exitCode, printed)
	}
	var worker string
	testkit.Eventually(t, "the worker to poll", func() bool {
		worker, _ = shop.Try(t, s.Environment(shop.Worker), shop.Worker, "--check")
		return strings.Contains(worker, s.TaskQueue+" is polled by ")
	})
	assert.Contains(t, worker, testkit.Client(t, shop.Worker).ClientID+" gets a token with ordersaga.service")

	s.Kill(shop.Worker)
	printed, exitCode := shop.Try(t, s.Environment(shop.Worker), shop.Worker, "--ready")
	assert.Equal(t, 1, exitCode, "a dead program is not ready")
	assert.Contains(t, printed, "worker: not ready")
	printed, exitCode = shop.Try(t, s.Environment(shop.Worker), shop.Worker, "--check")
	assert.Zero(t, exitCode, "it could run")
	assert.Contains(t, printed, "the program does not run here")
	s.Kill(shop.Inventory)
	printed, exitCode = shop.Try(t, s.Environment(shop.Worker), shop.Worker, "--check")
	assert.Equal(t, 1, exitCode)
	assert.Regexp(t, `wrong +INVENTORY_GRPC_ADDR .*connection refused`, printed)
	assert.Regexp(t, `ok +PAYMENTS_GRPC_ADDR`, printed, "the others are tried all the same")
}

// nobody is an address at which nobody listens.
func nobody(t *testing.T) string {
	t.Helper()
	return fmt.Sprintf("127.0.0.1:%d", testkit.FreePort(t))
}

// poor is the name of a role, which all databases of the server know.
var poor = "poor_" + strings.ToLower(rand.Text())

// poorRole may connect to a database and make nothing in it.
func poorRole(t *testing.T, environment []string) (databaseURL string) {
	t.Helper()
	i := slices.IndexFunc(environment, func(entry string) bool { return strings.HasPrefix(entry, "DATABASE_URL=") })
	address, err := url.Parse(strings.TrimPrefix(environment[i], "DATABASE_URL="))
	require.NoError(t, err)
	db, err := sql.Open("pgx", address.String())
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := db.Exec(`DROP OWNED BY ` + poor + `; DROP ROLE ` + poor)
		assert.NoError(t, err)
		db.Close()
	})
	_, err = db.Exec(`CREATE ROLE ` + poor + ` LOGIN PASSWORD 'hunter2'; REVOKE CREATE ON SCHEMA public FROM PUBLIC`)
	require.NoError(t, err)
	address.User = url.UserPassword(poor, "hunter2")
	return address.String()
}

func TestWhatIsWrongIsNamedOneByOneInPlainWords(t *testing.T) {
	s := shop.Open(t, shop.Options{})
	engines := testkit.Running(t)
	elsewhere := nobody(t)
	at := func(address, path string) string {
		parsed, err := url.Parse(address)
		require.NoError(t, err)
		parsed.Path = path
		return parsed.String()
	}
	withUser := func(address, user, password string) string {
		parsed, err := url.Parse(address)
		require.NoError(t, err)
		parsed.User = url.UserPassword(user, password)
		return parsed.String()
	}
	authorities := filepath.Join(t.TempDir(), "empty.pem")
	require.NoError(t, os.WriteFile(authorities, []byte("no certificate\n"), 0o600))

	for name, test := range map[string]struct {
		program string
		set     string // NAME=value
		says    string // a regular expression
		advises string
	}{
		"required and missing": {shop.Orders, "DATABASE_URL=", `wrong +settings +DATABASE_URL is required`, ""},
		"out of bounds":        {shop.Worker, "SWEEP_AGE=-1s", `wrong +settings +SWEEP_AGE must be between`, ""},
		"no database server":   {shop.Catalog, "DATABASE_URL=postgres://catalog:hunter2@" + elsewhere + "/catalog", `wrong +DATABASE_URL +no answer from PostgreSQL`, "Nothing listens at this address"},
		"no such database":     {shop.Catalog, "DATABASE_URL=" + at(engines.Postgres.URL, "/nowhere"), `wrong +DATABASE_URL .*does not exist`, ""},
		"a role without rights": {
			shop.Inventory, "DATABASE_URL=" + poorRole(t, s.Environment(shop.Inventory)),
			`wrong +DATABASE_URL .*as ` + poor + `: the role may not create tables; GRANT CREATE ON SCHEMA public TO ` + poor, "",
		},
		"no document store":          {shop.Orders, "MONGODB_URI=mongodb://" + elsewhere + "/", `wrong +MONGODB_URI +no answer from MongoDB`, "Nothing listens at this address"},
		"a wrong broker password":    {shop.Orders, "AMQP_URL=" + withUser(s.AMQP, "somebody", "hunter2"), `wrong +AMQP_URL .*username or password not allowed`, "refuses the user or the password"},
		"no such vhost":              {shop.Catalog, "AMQP_URL=" + s.AMQP + "-nowhere", `wrong +AMQP_URL`, ""},
		"an issuer that is none":     {shop.Payments, "OIDC_ISSUER=" + s.URL(shop.Orders), `wrong +OIDC_ISSUER .*not available`, ""},
		"plain http in production":   {shop.Payments, "ORDERSAGA_ENV=production", `wrong +settings +OIDC_ISSUER must be an https URL in production`, ""},
		"a wrong client secret":      {shop.Worker, "OIDC_CLIENT_SECRET=hunter2", `wrong +OIDC_CLIENT_ID .*401`, ""},
		"no provider":                {shop.Payments, "PAYMENT_PROVIDER_URL=http://" + elsewhere, `wrong +PAYMENT_PROVIDER_URL .*connection refused`, "Nothing listens at this address"},
		"a wrong provider key":       {shop.Payments, "PAYMENT_PROVIDER_KEY=hunter2", `wrong +PAYMENT_PROVIDER_URL .*401`, ""},
		"no Temporal":                {shop.Worker, "TEMPORAL_ADDRESS=" + elsewhere, `wrong +TEMPORAL_ADDRESS +no answer from Temporal at TEMPORAL_ADDRESS ` + elsewhere, "Nothing listens at this address"},
		"no such namespace":          {shop.Orders, "TEMPORAL_NAMESPACE=nowhere", "wrong +TEMPORAL_NAMESPACE +there is no namespace \"nowhere\" .*`ordersaga setup` makes it", ""},
		"TLS on one side only":       {shop.Worker, "GRPC_TLS_CA=" + authorities, `wrong +ORDERS_GRPC_ADDR .*empty.pem has no certificate`, ""},
		"no service at the address":  {shop.Orders, "CATALOG_GRPC_ADDR=" + s.URL(shop.Paysim)[len("http://"):], `wrong +CATALOG_GRPC_ADDR +no answer from the service`, ""},
		"a name that does not exist": {shop.Orders, "CATALOG_GRPC_ADDR=catalog.invalid:9081", `wrong +CATALOG_GRPC_ADDR`, "The host name does not resolve"},
		"a port that is taken":       {shop.Worker, "PORT=" + strings.Split(strings.TrimPrefix(engines.Temporal.UIURL, "http://"), ":")[1], `wrong +process +another program answers`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			printed, exitCode := shop.Try(t, append(s.Environment(test.program), test.set), test.program, "--check")
			assert.Equal(t, 1, exitCode, printed)
			assert.Regexp(t, test.says, printed)
			assert.Contains(t, printed, test.advises)
			assert.NotContains(t, printed, "hunter2", "a secret is not shown")
		})
	}
}

func TestWhatOnlyMayBeWrongIsRemarked(t *testing.T) {
	s := shop.Open(t, shop.Options{Without: []string{shop.Worker}})
	printed, exitCode := shop.Try(t, s.Environment(shop.Orders), shop.Orders, "--check")
	assert.Zero(t, exitCode, printed)
	assert.Regexp(t, `note +TEMPORAL_TASK_QUEUE +no worker polls the task queue`, printed)

	printed, exitCode = shop.Try(t, append(s.Environment(shop.Inventory), "HOLD_SWEEP_INTERVL=5s"), shop.Inventory, "--check")
	assert.Zero(t, exitCode, printed)
	assert.Regexp(t, `note +HOLD_SWEEP_INTERVL +it is set and not read; did you mean HOLD_SWEEP_INTERVAL\?`, printed)

	printed, exitCode = shop.Try(t, append(s.Environment(shop.Payments), "OTEL_EXPORTER_OTLP_ENDPOINT=http://"+nobody(t)), shop.Payments, "--check")
	assert.Zero(t, exitCode, printed)
	assert.Regexp(t, `note +OTEL_EXPORTER_OTLP_ENDPOINT +no collector answers there`, printed)
}

func TestWhatStandsOnSomethingWrongIsNotTried(t *testing.T) {
	s := shop.Open(t, shop.Options{Without: programs[1:]})
	worker := []string{
		"PORT=" + strings.Split(nobody(t), ":")[1], "ORDERSAGA_ENV=development", "OIDC_ISSUER=http://" + nobody(t),
		"OIDC_CLIENT_ID=worker", "OIDC_CLIENT_SECRET=hunter2", "TEMPORAL_ADDRESS=" + nobody(t),
	}
	printed, exitCode := shop.Try(t, append(s.Environment(shop.Paysim), worker...), shop.Worker, "--check")
	assert.Equal(t, 1, exitCode)
	assert.Regexp(t, `- +OIDC_CLIENT_ID +not tried, because of OIDC_ISSUER`, printed)
	assert.Regexp(t, `- +TEMPORAL_TASK_QUEUE +not tried, because of TEMPORAL_NAMESPACE`, printed)
}

func TestTheCommandChecksAProgramWithAFileOfSettings(t *testing.T) {
	s := shop.Open(t, shop.Options{Without: []string{shop.Worker}})
	file := filepath.Join(t.TempDir(), "payments.env")
	require.NoError(t, os.WriteFile(file, []byte("# of the deployment\n"+strings.Join(s.Environment(shop.Payments), "\n")+"\n"), 0o600))
	printed, exitCode := shop.Try(t, []string{}, "ordersaga", "doctor", "payments", "--env-file", file)
	assert.Zero(t, exitCode, printed)
	assert.Contains(t, printed, "nothing is wrong")

	printed, exitCode = shop.Try(t, []string{}, "ordersaga", "doctor", "payments", "inventory", "--env-file", file)
	assert.Equal(t, 3, exitCode)
	assert.Contains(t, printed, "ordersaga: something is wrong with inventory")

	printed, exitCode = shop.Try(t, []string{}, "ordersaga", "doctor", "paymets")
	assert.Equal(t, 2, exitCode)
	assert.Contains(t, printed, `there is no program "paymets": they are paysim, catalog`)

	printed, exitCode = shop.Try(t, []string{}, "ordersaga", "doctor", "--dir", t.TempDir())
	assert.Equal(t, 1, exitCode)
	assert.Contains(t, printed, "there is no stack in")
}

func TestEveryVariableAProgramIsGivenIsOneItReads(t *testing.T) {
	s := shop.Open(t, shop.Options{})
	for _, name := range programs {
		printed, exitCode := shop.Try(t, nil, name, "--settings")
		require.Zero(t, exitCode, printed)
		var settings []config.Setting
		require.NoError(t, json.Unmarshal([]byte(printed), &settings))
		for _, entry := range s.Environment(name) {
			variable, _, _ := strings.Cut(entry, "=")
			if variable == "PATH" || variable == "HOME" {
				continue
			}
			assert.True(t, slices.ContainsFunc(settings, func(s config.Setting) bool {
				prefix, pattern := strings.CutSuffix(s.Name, "*")
				return s.Name == variable || pattern && strings.HasPrefix(variable, prefix)
			}), "%s does not know %s", name, variable)
		}
		for _, setting := range settings {
			assert.NotEmpty(t, setting.Description, "%s of %s says what it means", setting.Name, name)
			if setting.Required {
				assert.True(t, slices.ContainsFunc(s.Environment(name), func(entry string) bool {
					return strings.HasPrefix(entry, setting.Name+"=")
				}), "%s runs without %s, which it calls required", name, setting.Name)
			}
		}
	}
}
