// Package testkit gives each test its own part of the real engines: a database, a broker vhost, a
// document database, a Temporal namespace. The engines run once for the whole test run;
// ORDERSAGA_ENGINES names the file with their addresses. `make test` starts them and sets it; `make
// engines` leaves them running.
package testkit

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver behind sql.Open("pgx")
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// patience bounds every wait of a test. It is long, so that it does not fail on a slow machine.
const patience = 2 * time.Minute

// Engines has the addresses of the engines of this test run.
type Engines struct {
	Postgres struct {
		URL string `json:"url"`
	} `json:"postgres"`
	AMQP struct {
		URL           string `json:"url"`
		ManagementURL string `json:"management_url"`
	} `json:"amqp"`
	MongoDB struct {
		URL string `json:"url"`
	} `json:"mongodb"`
	Temporal struct {
		Address   string `json:"address"`
		Namespace string `json:"namespace"`
		UIURL     string `json:"ui_url"`
	} `json:"temporal"`
	OIDC struct {
		Issuer string `json:"issuer"`
	} `json:"oidc"`
}

// Running reads the addresses of the engines, or fails the test with what to do.
func Running(t testing.TB) Engines {
	t.Helper()
	path := os.Getenv("ORDERSAGA_ENGINES")
	if path == "" {
		t.Fatal("this test needs the engines: run `make test`, or `make engines` once and set ORDERSAGA_ENGINES as it says")
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("the engines of ORDERSAGA_ENGINES are not running: %v", err)
	}
	var engines Engines
	if err := json.Unmarshal(content, &engines); err != nil {
		t.Fatalf("ORDERSAGA_ENGINES %s: %v", path, err)
	}
	return engines
}

// AMQP makes a vhost for this test and deletes it afterwards.
func AMQP(t testing.TB) (amqpURL string) {
	t.Helper()
	engines := Running(t)
	name := "test-" + unique()
	manage(t, http.MethodPut, engines.AMQP.ManagementURL+"/api/vhosts/"+name)
	t.Cleanup(func() { manage(t, http.MethodDelete, engines.AMQP.ManagementURL+"/api/vhosts/"+name) })
	return strings.TrimSuffix(engines.AMQP.URL, "/") + "/" + name
}

// MongoDB returns the name of an unused document database and drops it afterwards.
func MongoDB(t testing.TB) (uri, database string) {
	t.Helper()
	engines := Running(t)
	database = "test_" + unique()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		client, err := mongo.Connect(options.Client().ApplyURI(engines.MongoDB.URL))
		if err != nil {
			t.Errorf("connect to drop %s: %v", database, err)
			return
		}
		defer client.Disconnect(ctx)
		if err := client.Database(database).Drop(ctx); err != nil {
			t.Errorf("drop %s: %v", database, err)
		}
	})
	return engines.MongoDB.URL, database
}

// Issuer returns the development issuer's URL.
func Issuer(t testing.TB) string {
	t.Helper()
	return Running(t).OIDC.Issuer
}

// Token gets a bearer token for a subject from the development issuer.
func Token(t testing.TB, subject string, scopes ...string) string {
	t.Helper()
	form := url.Values{"sub": {subject}, "scope": {strings.Join(scopes, " ")}}
	client := http.Client{Timeout: patience}
	response, err := client.PostForm(Issuer(t)+"/dev/token", form)
	if err != nil {
		t.Fatalf("ask the development issuer for a token: %v", err)
	}
	defer response.Body.Close()
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || answer.AccessToken == "" {
		t.Fatalf("the development issuer gave no token: %s %v", response.Status, err)
	}
	return answer.AccessToken
}

// Eventually waits until the condition holds. After a timeout it fails the test and prints what was
// awaited.
func Eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for pause := time.Millisecond; !condition(); pause = min(2*pause, 100*time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", patience, what)
		}
		time.Sleep(pause)
	}
}

func execute(t testing.TB, db *sql.DB, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, err := db.ExecContext(ctx, statement); err != nil {
		t.Errorf("%s: %v", statement, err)
	}
}

func manage(t testing.TB, method, address string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		t.Fatalf("RabbitMQ management: %v", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Errorf("RabbitMQ management: %v", err)
		return
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		t.Errorf("RabbitMQ management: %s %s: %s", method, request.URL.Path, response.Status)
	}
}

// unique returns a random name.
func unique() string { return strings.ToLower(rand.Text()) }
