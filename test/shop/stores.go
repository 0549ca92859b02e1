package shop

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver behind sql.Open("pgx")
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/ordersaga/ordersaga/contracts/programs"
)

// Documents is where a program's document database is.
type Documents struct{ URI, Database string }

// SQL opens a service's own database: for tests of what finds damage, and of nothing else.
func (s *Shop) SQL(name string) *sql.DB {
	s.t.Helper()
	db, err := sql.Open("pgx", s.databases[name])
	if err != nil {
		s.t.Fatalf("open the database of %s: %v", name, err)
	}
	s.t.Cleanup(func() { _ = db.Close() })
	return db
}

// Mongo opens a service's own document database, for the same tests.
func (s *Shop) Mongo(name string) *mongo.Database {
	s.t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(s.documents[name].URI).SetTimeout(patience))
	if err != nil {
		s.t.Fatalf("open the documents of %s: %v", name, err)
	}
	s.t.Cleanup(func() { _ = client.Disconnect(context.Background()) })
	return client.Database(s.documents[name].Database)
}

// Provider talks to the payment provider as payments does.
func (s *Shop) Provider() *Person { return s.Bearer(providerKey) }

// Try runs a program with an environment to its end, and returns what it printed, on both outputs,
// and its exit code.
func Try(t testing.TB, environment []string, program string, arguments ...string) (printed string, exitCode int) {
	t.Helper()
	var output bytes.Buffer
	exitCode = run(t, environment, &output, &output, program, arguments)
	return output.String(), exitCode
}

func run(t testing.TB, environment []string, output, complaints *bytes.Buffer, program string, arguments []string) (exitCode int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*patience)
	defer cancel()
	command := exec.CommandContext(ctx, filepath.Join(os.Getenv("ORDERSAGA_BIN"), program), arguments...)
	command.Env, command.Stdout, command.Stderr = environment, output, complaints
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("run %s %v: %v", program, arguments, err)
	}
	return command.ProcessState.ExitCode()
}

// Run runs the command ordersaga on this shop, as an operator, and returns what it printed and its
// exit code. What it complained of is shown with the test.
func (s *Shop) Run(arguments ...string) (printed string, exitCode int) {
	s.t.Helper()
	var output, complaints bytes.Buffer
	exitCode = run(s.t, s.AsOperator(), &output, &complaints, "ordersaga", arguments)
	if complaints.Len() > 0 {
		s.t.Logf("ordersaga %v: %s", arguments, complaints.Bytes())
	}
	return output.String(), exitCode
}

// AsOperator is the environment of a command ordersaga on this shop, as an operator, for Try.
func (s *Shop) AsOperator() []string {
	environment := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + s.t.TempDir(), "ORDERSAGA_DIR=" + s.t.TempDir(), "ORDERSAGA_TOKEN=" + s.Operator().token,
	}
	for _, name := range programs.Names(programs.IsService) {
		environment = append(environment, "ORDERSAGA_URL_"+strings.ToUpper(name)+"="+s.URL(name))
	}
	return environment
}
