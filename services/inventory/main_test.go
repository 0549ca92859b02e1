package main_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/ordersaga/ordersaga/contracts/events"
	"github.com/ordersaga/ordersaga/contracts/programs"
	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	inventoryv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/inventory/v1"
	"github.com/ordersaga/ordersaga/contracts/undo/undotest"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/broker"
	"github.com/ordersaga/ordersaga/platform/testkit"
)

// program is the binary, built once for all tests.
var program = sync.OnceValues(func() (string, error) {
	path := filepath.Join(os.TempDir(), "inventory-test-"+uuid.NewString())
	output, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", &exec.Error{Name: "go build: " + string(output), Err: err}
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := program(); err == nil {
		os.Remove(path)
	}
	os.Exit(code)
}

// process is a running inventory.
type process struct {
	*exec.Cmd
	addresses chan map[string]string // by component, once all listen
	exited    chan error
}

func start(t *testing.T, env ...string) *process {
	t.Helper()
	path, err := program()
	require.NoError(t, err)
	p := &process{Cmd: exec.Command(path), addresses: make(chan map[string]string, 1), exited: make(chan error, 1)}
	p.Env = append([]string{
		"PORT=0", "ORDERSAGA_ENV=development", "HOLD_SWEEP_INTERVAL=100ms",
		"OIDC_CLIENT_ID=" + programs.Inventory, "OIDC_CLIENT_SECRET=" + testkit.ClientSecret,
	}, env...)
	logs, err := p.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, p.Start())
	t.Cleanup(func() { _ = p.Process.Kill() })
	go func() {
		p.follow(logs)
		p.exited <- p.Wait()
	}()
	return p
}

// follow reads where the program listens from its log.
func (p *process) follow(logs io.Reader) {
	addresses := map[string]string{}
	for lines := bufio.NewScanner(logs); lines.Scan(); {
		var line struct{ Msg, Component, Address string }
		if json.Unmarshal(lines.Bytes(), &line) != nil || line.Msg != "listening" {
			continue
		}
		addresses[line.Component] = line.Address
		if len(addresses) == 3 {
			p.addresses <- addresses
		}
	}
}

func (p *process) await(t *testing.T) (addresses map[string]string) {
	t.Helper()
	select {
	case addresses = <-p.addresses:
	case err := <-p.exited:
		t.Fatalf("inventory ended instead of listening: %v", err)
	case <-time.After(time.Minute):
		t.Fatal("inventory does not listen after a minute")
	}
	testkit.Eventually(t, "inventory to be ready", func() bool {
		response, err := http.Get("http://" + addresses["admin"] + "/readyz")
		if err != nil {
			return false
		}
		response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
	return addresses
}

func TestTheProgramReceivesReservesExpiresTellsAndStops(t *testing.T) {
	amqpURL := testkit.AMQP(t)
	told := listen(t, amqpURL)
	orders := &undotest.Orders{}
	p := start(t, "DATABASE_URL="+testkit.Postgres(t), "AMQP_URL="+amqpURL, "OIDC_ISSUER="+testkit.Issuer(t), "ORDERS_GRPC_ADDR="+orders.Serve(t))
	at := p.await(t)

	request, err := http.NewRequest(http.MethodPost, "http://"+at["rest"]+"/v1/stock/receipts", strings.NewReader(`{"lines":[{"sku":"mug","quantity":10}]}`))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", "first")
	request.Header.Set("Authorization", "Bearer "+testkit.Token(t, "operator", auth.ScopeOperator))
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	response.Body.Close()
	require.Equal(t, http.StatusCreated, response.StatusCode)

	connection, err := grpc.NewClient(at["grpc"], grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer connection.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+testkit.Token(t, "worker", auth.ScopeService))
	order := uuid.NewString()
	stock := inventoryv1.NewInventoryServiceClient(connection)
	step := &commonv1.Step{Saga: &commonv1.Saga{OrderId: order, Kind: "place-order", Instance: order}, Name: "reserve-stock"}
	_, err = stock.Reserve(ctx, &inventoryv1.ReserveRequest{
		Step:    step,
		Lines:   []*commonv1.Line{{Number: 1, Sku: "mug", Quantity: 4}},
		HoldFor: durationpb.New(time.Second),
	})
	require.NoError(t, err)

	// The receipt, the hold, and the end of the hold, in this order.
	var available []int64
	for len(available) < 3 {
		select {
		case level := <-told:
			available = append(available, level.Available)
		case <-time.After(time.Minute):
			t.Fatalf("waited a minute for the levels to be told; so far %v", available)
		}
	}
	assert.Equal(t, []int64{10, 6, 10}, available)
	released, err := stock.Release(ctx, &inventoryv1.ReleaseRequest{Step: step})
	require.NoError(t, err)
	assert.Len(t, released.GetFacts(), 2)
	assert.Len(t, orders.Asked(), 1, "the order is asked before an undo")

	require.NoError(t, p.Process.Signal(syscall.SIGTERM))
	select {
	case err := <-p.exited:
		assert.NoError(t, err, "an orderly stop")
	case <-time.After(time.Minute):
		t.Fatal("inventory does not stop")
	}
}

// listen collects what the program tells about the mug.
func listen(t *testing.T, amqpURL string) <-chan events.StockLevel {
	t.Helper()
	told := make(chan events.StockLevel, 100)
	b := broker.Connect(t.Context(), amqpURL)
	t.Cleanup(b.Close)
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	bound := make(chan struct{}, 100)
	go func() {
		stopped <- b.Consume(ctx, broker.Consumer{
			Name: "test.listener", Types: []string{events.StockChangedV1},
			Handle: func(_ context.Context, event cloudevents.Event) error {
				var changed events.StockChanged
				if err := event.DataAs(&changed); err != nil {
					return broker.Poison(err)
				}
				for _, level := range changed.Levels {
					if level.SKU == "probe" {
						bound <- struct{}{}
						continue
					}
					told <- level
				}
				return nil
			},
		})
	}()
	t.Cleanup(func() {
		cancel()
		assert.NoError(t, <-stopped)
	})
	testkit.Eventually(t, "the listener's queue to be bound", func() bool {
		probe := cloudevents.New()
		probe.SetID(uuid.NewString())
		probe.SetType(events.StockChangedV1)
		probe.SetSource(events.SourceInventory)
		probe.SetSubject("probe")
		if err := probe.SetData("application/json", events.StockChanged{Levels: []events.StockLevel{{SKU: "probe"}}}); err != nil {
			t.Fatal(err)
		}
		_ = b.Publish(t.Context(), probe)
		return len(bound) > 0
	})
	return told
}

// Without a broker the service is ready and works; the events wait.
func TestTheProgramIsReadyWithoutABroker(t *testing.T) {
	p := start(t, "DATABASE_URL="+testkit.Postgres(t), "AMQP_URL=amqp://nobody:nothing@127.0.0.1:1/", "OIDC_ISSUER="+testkit.Issuer(t))
	p.await(t)
	require.NoError(t, p.Process.Signal(syscall.SIGTERM))
	assert.NoError(t, <-p.exited)
}

func TestAWrongSettingStopsTheStartWithALineThatNamesIt(t *testing.T) {
	path, err := program()
	require.NoError(t, err)
	complete := []string{"DATABASE_URL=postgres://u:hunter2@127.0.0.1:1/d", "AMQP_URL=amqp://127.0.0.1/", "OIDC_ISSUER=http://127.0.0.1:1", "ORDERSAGA_ENV=development", "OIDC_CLIENT_ID=inventory", "OIDC_CLIENT_SECRET=hunter2"}
	for expected, env := range map[string][]string{
		"DATABASE_URL is required":                   complete[1:],
		"AMQP_URL is not an AMQP URL":                append(complete, "AMQP_URL=rabbit"),
		"HOLD_SWEEP_INTERVAL must be between":        append(complete, "HOLD_SWEEP_INTERVAL=1ms"),
		"no answer from PostgreSQL at DATABASE_URL ": complete,
	} {
		t.Run(expected, func(t *testing.T) {
			command := exec.Command(path)
			command.Env = env
			output, err := command.CombinedOutput()
			require.Error(t, err)
			assert.Contains(t, string(output), expected)
			assert.NotContains(t, string(output), "hunter2")
			assert.Equal(t, 1, strings.Count(strings.TrimSpace(string(output)), "\n")+1, "one line: %s", output)
		})
	}
}
