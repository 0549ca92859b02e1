package main_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
)

// One devstack goes through its whole life: each part begins with what the one before left.
func TestLife(t *testing.T) {
	config := settings(passableDir(t))
	config["ports"].(map[string]any)["temporal_http"] = 0
	stack := start(t, config)

	t.Run("every engine takes data", func(t *testing.T) { write(t, stack.engines(), 1) })
	t.Run("the pages answer", func(t *testing.T) { pagesAnswer(t, stack.engines()) })
	t.Run("a role owns only its database", func(t *testing.T) { rolesAreApart(t, stack.engines()) })
	t.Run("tokens", func(t *testing.T) { tokensVerify(t, stack.engines().OIDC.Issuer) })
	t.Run("documents need a log-in", func(t *testing.T) { documentsNeedALogin(t, stack.engines()) })
	t.Run("other hosts are refused", func(t *testing.T) { otherHostsAreRefused(t, stack.engines()) })
	kept := developmentToken(t, stack.engines().OIDC.Issuer)

	t.Run("a second devstack on the same folder is refused", func(t *testing.T) {
		second := launch(t, config)
		require.Equal(t, 1, second.end(longestStop))
		require.Contains(t, second.said(), fmt.Sprintf("another devstack (process id %d) runs on", stack.cmd.Process.Pid))
		require.FileExists(t, stack.dir+"/engines.json", "the first one is not disturbed")
	})
	t.Run("a killed PostgreSQL comes back, and with it all that stands on it", func(t *testing.T) {
		stack.killAndAwait("postgres")
		stack.await("everything to take data again", longestHeal, func() error { return tryWrite(stack.engines(), 2) })
		require.Contains(t, stack.said(), "postgres     died (signal: killed), restarting")
	})
	t.Run("a killed RabbitMQ comes back with its messages", func(t *testing.T) {
		stack.killAndAwait("rabbitmq")
		stack.await("RabbitMQ to take a message", longestHeal, func() error { return publish(context.Background(), stack.engines(), 3) })
	})

	// With the same ports as before, as a user would have it: the issuer is part of every token.
	config["ports"] = portsOf(t, stack.engines(), config)
	stack.stop()

	stack = start(t, config)
	t.Run("data is still there after a stop", func(t *testing.T) { read(t, stack.engines(), 1, 2) })
	t.Run("a token is still good after a stop", func(t *testing.T) { verify(t, stack.engines().OIDC.Issuer, kept) })

	require.NoError(t, stack.cmd.Process.Kill())
	<-stack.done
	stack = start(t, config)
	t.Run("data is still there after a kill of the devstack", func(t *testing.T) { read(t, stack.engines(), 1, 2) })

	if runtime.GOOS == "linux" { // elsewhere the next start ends what is left
		require.NoError(t, stack.cmd.Process.Kill())
		<-stack.done
		stack.nothingLeft()
		return
	}
	stack.stop()
}

func tryWrite(e engines, number int) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, step := range []func(context.Context, engines, int) error{insertRow, insertDocument, publish, startWorkflow} {
		if err := step(ctx, e, number); err != nil {
			return err
		}
	}
	return nil
}

func write(t *testing.T, e engines, number int) {
	t.Helper()
	require.NoError(t, tryWrite(e, number))
}

func insertRow(ctx context.Context, e engines, number int) error {
	conn, err := pgx.Connect(ctx, e.Databases["orders"])
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "CREATE TABLE IF NOT EXISTS written (number int PRIMARY KEY)"); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "INSERT INTO written VALUES ($1) ON CONFLICT DO NOTHING", number)
	return err
}

func insertDocument(ctx context.Context, e engines, number int) error {
	documents, done, err := collection(e)
	if err != nil {
		return err
	}
	defer done()
	_, err = documents.ReplaceOne(ctx, bson.M{"_id": number}, bson.M{"_id": number}, options.Replace().SetUpsert(true))
	return err
}

func collection(e engines) (*mongo.Collection, func(), error) {
	connection, err := mongo.Connect(options.Client().ApplyURI(e.MongoDB.URL))
	if err != nil {
		return nil, nil, err
	}
	return connection.Database("shop").Collection("written"), func() { _ = connection.Disconnect(context.Background()) }, nil
}

func publish(ctx context.Context, e engines, number int) error {
	conn, channel, err := queue(e)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := channel.Confirm(false); err != nil {
		return err
	}
	confirmation, err := channel.PublishWithDeferredConfirm("", "written", true, false, amqp.Publishing{
		DeliveryMode: amqp.Persistent, Body: fmt.Append(nil, number),
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	confirmed, err := confirmation.WaitContext(ctx)
	if err == nil && !confirmed {
		err = fmt.Errorf("message %d was not confirmed", number)
	}
	return err
}

func queue(e engines) (*amqp.Connection, *amqp.Channel, error) {
	conn, err := amqp.DialConfig(e.AMQP.URL, amqp.Config{Dial: amqp.DefaultDial(5 * time.Second)})
	if err != nil {
		return nil, nil, err
	}
	channel, err := conn.Channel()
	if err == nil {
		_, err = channel.QueueDeclare("written", true, false, false, false, amqp.Table{"x-queue-type": "quorum"})
	}
	if err != nil {
		conn.Close()
		return nil, nil, err
	}
	return conn, channel, nil
}

func dialTemporal(ctx context.Context, e engines) (client.Client, error) {
	return client.DialContext(ctx, client.Options{
		HostPort: e.Temporal.Address, Namespace: e.Temporal.Namespace, Logger: log.NewStructuredLogger(discard),
	})
}

func workflowID(number int) string { return fmt.Sprintf("written-%d", number) }

// startWorkflow sets the search attributes at once: they are to be usable as soon as the devstack
// is ready.
func startWorkflow(ctx context.Context, e engines, number int) error {
	workflows, err := dialTemporal(ctx, e)
	if err != nil {
		return err
	}
	defer workflows.Close()
	_, err = workflows.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: workflowID(number), TaskQueue: "nobody",
		TypedSearchAttributes: temporal.NewSearchAttributes(
			temporal.NewSearchAttributeKeyKeyword("OrderStatus").ValueSet("placed"),
			temporal.NewSearchAttributeKeyTime("Placed").ValueSet(time.Now()),
			temporal.NewSearchAttributeKeyInt64("Lines").ValueSet(3),
		),
	}, "Written")
	return err
}

func read(t *testing.T, e engines, numbers ...int) {
	t.Helper()
	ctx := deadline(t)
	conn, err := pgx.Connect(ctx, e.Databases["orders"])
	require.NoError(t, err)
	defer conn.Close(ctx)
	documents, done, err := collection(e)
	require.NoError(t, err)
	defer done()
	workflows, err := dialTemporal(ctx, e)
	require.NoError(t, err)
	defer workflows.Close()
	for _, number := range numbers {
		var found int
		require.NoError(t, conn.QueryRow(ctx, "SELECT count(*) FROM written WHERE number = $1", number).Scan(&found))
		require.Equal(t, 1, found, "row %d", number)
		require.NoError(t, documents.FindOne(ctx, bson.M{"_id": number}).Err(), "document %d", number)
		_, err := workflows.DescribeWorkflowExecution(ctx, workflowID(number), "")
		require.NoError(t, err, "workflow %d", number)
	}
	// A queue has no leader for a moment after a start, and then seems to be empty.
	require.EventuallyWithT(t, func(t *assert.CollectT) {
		broker, channel, err := queue(e)
		if !assert.NoError(t, err) {
			return
		}
		defer broker.Close()
		state, err := channel.QueueDeclarePassive("written", true, false, false, false, amqp.Table{"x-queue-type": "quorum"})
		assert.NoError(t, err)
		assert.GreaterOrEqual(t, state.Messages, len(numbers)+1, "messages in the queue")
	}, 2*time.Minute, 100*time.Millisecond)
}

func pagesAnswer(t *testing.T, e engines) {
	t.Helper()
	for _, url := range []string{e.Temporal.UIURL, e.AMQP.ManagementURL + "/api/overview", e.OIDC.Issuer + "/jwks"} {
		request, err := http.NewRequestWithContext(deadline(t), http.MethodGet, url, nil)
		require.NoError(t, err)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, response.StatusCode, "%s", readAll(t, response.Body))
	}
}

func rolesAreApart(t *testing.T, e engines) {
	t.Helper()
	ctx := deadline(t)
	for _, database := range []string{"catalog", "temporal", "temporal_visibility", "ferretdb", "postgres", "template1"} {
		settings, err := pgx.ParseConfig(e.Databases["orders"])
		require.NoError(t, err)
		settings.Database = database
		_, err = pgx.ConnectConfig(ctx, settings)
		require.ErrorContains(t, err, "permission denied for database", "the role of orders at %s", database)
	}
	conn, err := pgx.Connect(ctx, e.Databases["orders"])
	require.NoError(t, err)
	defer conn.Close(ctx)
	for _, statement := range []string{"CREATE DATABASE more", "CREATE ROLE other"} {
		_, err := conn.Exec(ctx, statement)
		require.ErrorContains(t, err, "permission denied", statement)
	}
	superuser, err := pgx.Connect(ctx, e.Postgres.URL)
	require.NoError(t, err)
	defer superuser.Close(ctx)
	for _, statement := range []string{"CREATE ROLE of_a_test LOGIN", "CREATE DATABASE of_a_test OWNER of_a_test", "DROP DATABASE of_a_test", "DROP ROLE of_a_test"} {
		_, err := superuser.Exec(ctx, statement)
		require.NoError(t, err, statement)
	}
	var method, checksums string
	require.NoError(t, superuser.QueryRow(ctx, "SELECT current_setting('password_encryption'), current_setting('data_checksums')").Scan(&method, &checksums))
	require.Equal(t, []string{"scram-sha-256", "on"}, []string{method, checksums})
}

func TestACloseOnStandardInputEndsTheDevstack(t *testing.T) {
	config := settings(passableDir(t))
	config["engines"] = []string{"oidc"}
	stack := withPipe(t, config)
	require.NoError(t, stack.pipe.Close())
	require.Zero(t, stack.end(longestStop))
	stack.nothingLeft()
}

func TestASecondSignalEndsTheDevstackAtOnce(t *testing.T) {
	config := settings(passableDir(t))
	config["engines"] = []string{"postgres", "rabbitmq"}
	stack := start(t, config)
	// It stands still, so it would be waited for half a minute: the second signal meets it.
	require.NoError(t, syscall.Kill(stack.engines().Pids["rabbitmq"], syscall.SIGSTOP))
	require.NoError(t, stack.cmd.Process.Signal(syscall.SIGINT))
	stack.await("PostgreSQL to be stopped", longestStop, func() error {
		if !strings.Contains(stack.said(), "postgres     stopped") {
			return errors.New("it is not")
		}
		return nil
	})
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	repeated := time.Now() // a signal right after the first counts as the same wish, so it is repeated until it counts
	for ended := false; !ended; {
		select {
		case <-stack.done:
			ended = true
		case <-ticker.C:
			_ = stack.cmd.Process.Signal(syscall.SIGINT)
		}
	}
	require.Less(t, time.Since(repeated), 20*time.Second)
	require.Zero(t, stack.cmd.ProcessState.ExitCode(), stack.said())
	stack.nothingLeft()
}

func TestASignalDuringTheStartEndsIt(t *testing.T) {
	stack := launch(t, settings(passableDir(t)))
	stack.await("the first engine to be ready", longestStart, func() error {
		if !strings.Contains(stack.said(), "ready") {
			return errors.New("none is")
		}
		return nil
	})
	stack.stop()
}

func TestDataGoesElsewhereWhenTheEnginesUserCannotEnterTheFolder(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root runs the engines as another user")
	}
	closed := t.TempDir()
	require.NoError(t, os.Chmod(closed, 0o700))
	config := settings(closed + "/stack")
	config["engines"] = []string{"postgres"}
	stack := start(t, config)
	elsewhere, err := os.Readlink(stack.dir + "/data")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(elsewhere) })
	require.Contains(t, stack.said(), "data         in "+elsewhere)
	require.NoError(t, insertRow(deadline(t), stack.engines(), 1))
	stack.stop()

	stack = start(t, config)
	require.NoError(t, insertRow(deadline(t), stack.engines(), 1))
	require.NoError(t, stack.cmd.Process.Signal(syscall.SIGINT))
	require.Zero(t, stack.end(longestStop))
}
