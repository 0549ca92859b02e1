package deploy_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// engines is where those of this test run are: two of them stand in for what this machine cannot
// run, FerretDB for MongoDB and the development issuer for Keycloak.
type engines struct {
	MongoDB struct {
		URL string `json:"url"`
	} `json:"mongodb"`
	OIDC struct {
		Issuer string `json:"issuer"`
	} `json:"oidc"`
}

func runningEngines(t testing.TB) (found engines) {
	t.Helper()
	path := os.Getenv("ORDERSAGA_ENGINES")
	if path == "" {
		t.Fatal("this test needs the engines: run `make test`, or `make engines` once and set ORDERSAGA_ENGINES as it says")
	}
	content, err := os.ReadFile(path)
	require.NoError(t, err, "the engines of ORDERSAGA_ENGINES are not running")
	require.NoError(t, json.Unmarshal(content, &found))
	return found
}

// token of the development issuer.
func token(t testing.TB, issuer, subject string, scopes ...string) string {
	t.Helper()
	response, err := client.PostForm(issuer+"/dev/token", url.Values{"sub": {subject}, "scope": {strings.Join(scopes, " ")}})
	require.NoError(t, err)
	defer response.Body.Close()
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	require.NoError(t, json.NewDecoder(response.Body).Decode(&answer))
	require.NotEmpty(t, answer.AccessToken)
	return answer.AccessToken
}

// TestAFirstOrderOnWhatComposeSays starts PostgreSQL, RabbitMQ and Temporal as the compose file
// sets them up, our programs in the environments it gives them, and its jobs, in its order; then it
// places an order and looks for every metric that alerts and dashboards ask for.
func TestAFirstOrderOnWhatComposeSays(t *testing.T) {
	project := load(t)
	settings := allSettings(t)
	stand := runningEngines(t)

	database := startPostgres(t, project)
	require.NoError(t, database.setUp(t))
	broker := startRabbitMQ(t, project)
	broker.knowsItsUserOnly(t, project)
	saga := startTemporal(t, project, database)

	here := machine{
		"postgres:5432": at(database.port), "rabbitmq:5672": at(broker.port), "rabbitmq:15692": at(broker.metrics),
		"temporal:7233": at(saga.grpc), "temporal:9090": at(saga.metrics),
	}
	ports := map[string]int{} // the first of each program's
	for _, program := range programs {
		first := freePorts(t, settings.ports(program))
		ports[program] = first
		for _, port := range settings.ports(program) {
			here[fmt.Sprintf("%s:%d", program, port)] = at(first + port - settings.ports(program)[0])
		}
	}
	books := filepath.Join(t.TempDir(), "paysim.db")
	environmentOf := func(name string) []string {
		env := []string{"PATH=" + systemPath}
		for variable, value := range environment(project.Services[name]) {
			switch variable {
			case "MONGODB_URI":
				value = stand.MongoDB.URL
			case "MONGODB_DATABASE":
				value = fmt.Sprintf("deploy_%d_%s", os.Getpid(), value)
			case "OIDC_ISSUER":
				value = stand.OIDC.Issuer
			case "OIDC_CLIENT_SECRET":
				value = "test-only"
			case "PAYSIM_DATA":
				value = books
			case "REDIS_URL":
				continue // a cache in the process
			case "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL":
				continue // no collector here
			case "SEARCH_URL":
				continue // no search server here: the index is in the process
			}
			env = append(env, variable+"="+here.translate(value))
		}
		if port, program := ports[name]; program {
			env = append(env, "PORT="+strconv.Itoa(port))
		}
		return env
	}

	said, err := run(t, nil, environmentOf("setup"), append([]string{binary(t, "ordersaga")}, project.Services["setup"].Command...)...)
	require.NoError(t, err, said)

	// Each is started once those it waits for are healthy: in the order of the file.
	for _, program := range inOrder(project, programs) {
		process := start(t, nil, t.TempDir(), environmentOf(program), program, binary(t, program))
		probe := append([]string{binary(t, program)}, project.Services[program].HealthCheck.Test[2:]...)
		eventually(t, program+" to be ready", func() error {
			if err := process.running(); err != nil {
				t.Fatal(err)
			}
			_, err := run(t, nil, environmentOf(program), probe...)
			return err
		})
	}
	for _, program := range programs {
		said, err := run(t, nil, environmentOf(program), binary(t, program), "--check")
		assert.NoError(t, err, "%s --check says\n%s", program, said)
	}

	operator := "ORDERSAGA_TOKEN=" + token(t, stand.OIDC.Issuer, "deploy", "ordersaga.operator")
	for range 2 {
		said, err = run(t, nil, append(environmentOf("demo"), operator), append([]string{binary(t, "ordersaga")}, project.Services["demo"].Command...)...)
		require.NoError(t, err, said)
	}
	placeOrder(t, "http://"+here["orders:8080"], token(t, stand.OIDC.Issuer, "demo-shopper"))

	t.Run("metrics", func(t *testing.T) { metricsExist(t, here) })
}

func at(port int) string { return "127.0.0.1:" + strconv.Itoa(port) }

// freePorts finds a port such that those at the distances of the usual ones are free too.
func freePorts(t testing.TB, usual []int) int {
	t.Helper()
	for range 100 {
		first := freePort(t)
		if !slices.ContainsFunc(usual, func(port int) bool { return !free(first + port - usual[0]) }) {
			return first
		}
	}
	t.Fatal("no free ports")
	return 0
}

// placeOrder as the README does.
func placeOrder(t testing.TB, orders, token string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, orders+"/v1/orders", strings.NewReader(
		`{"currency":"GBP","lines":[{"sku":"TEA-SENCHA-100","quantity":2}],"payment_method":"card_approve"}`))
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Idempotency-Key", "first-order")
	request.Header.Set("Prefer", "wait=50")
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusCreated, response.StatusCode, "%s", body)
	assert.Contains(t, string(body), `"status":"confirmed"`)
}
