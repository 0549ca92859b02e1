package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/ordersaga/ordersaga/contracts/programs"
	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	paymentsv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/payments/v1"
	"github.com/ordersaga/ordersaga/contracts/undo/undotest"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/config"
	"github.com/ordersaga/ordersaga/platform/lifecycle"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/rpc"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/services/payments/internal"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/journal"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider/nothingdue"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider/paysim"
	"github.com/ordersaga/ordersaga/services/payments/internal/store"
	"github.com/ordersaga/ordersaga/services/payments/internal/telling"
	"github.com/ordersaga/ordersaga/services/payments/migrations"
)

const (
	providerKey = "test-provider-key"
	// callDeadline is above every wait within the service.
	callDeadline = 30 * time.Second
	// amount of each test's order, in pence.
	amount = 1234
)

// hasty is a policy whose deadlines tests can wait for. The lease is long enough never to run out
// by accident.
var hasty = times{
	Policy: domain.Policy{
		Lease: 20 * time.Second, LookupDeadline: time.Second,
		RetryAfter: 20 * time.Millisecond, RetryAtMost: 200 * time.Millisecond, PollAtMost: 200 * time.Millisecond, RecheckAfter: time.Hour,
	},
	providerTimeout: 2 * time.Second,
}

// calm is a policy under which nothing runs out while a test holds an answer up.
var calm = times{
	Policy: domain.Policy{
		Lease: time.Minute, LookupDeadline: time.Minute,
		RetryAfter: time.Minute, RetryAtMost: time.Minute, PollAtMost: time.Minute, RecheckAfter: time.Hour,
	},
	providerTimeout: callDeadline,
}

type times struct {
	domain.Policy
	providerTimeout time.Duration
}

// built are the programs, made once, by TestMain.
var built struct{ paysim, payments string }

func TestMain(m *testing.M) {
	os.Exit(func() int {
		folder, err := os.MkdirTemp("", "payments-test-")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(folder)
		built.paysim, built.payments = filepath.Join(folder, "paysim"), filepath.Join(folder, "payments")
		for program, source := range map[string]string{built.paysim: "../../cmd/paysim", built.payments: "."} {
			if out, err := exec.Command("go", "build", "-o", program, source).CombinedOutput(); err != nil {
				panic(fmt.Sprintf("build %s: %v\n%s", source, err, out))
			}
		}
		return m.Run()
	}())
}

// world is the payments service in this process, with a database of its own and the real paysim as
// its provider.
type world struct {
	t        *testing.T
	provider *providerProcess
	wire     *wire // between the service and paysim
	gateway  provider.Border
	journal  *journal.Journal
	store    *store.Store
	db       *postgres.DB
	orders   undotest.Orders
	client   paymentsv1.PaymentsServiceClient
	api      http.Handler
}

// newWorld starts a world; slow is the delay of paysim's slow cards.
func newWorld(t *testing.T, times times, slow time.Duration) *world {
	return newWorldOn(t, testkit.Postgres(t), times, slow)
}

func newWorldOn(t *testing.T, databaseURL string, times times, slow time.Duration) *world {
	ctx := t.Context()
	w := &world{t: t, provider: startProvider(t, filepath.Join(t.TempDir(), "paysim.db"), slow)}
	w.wire = newWire(t, w.provider)

	db, err := postgres.Open(ctx, databaseURL)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	require.NoError(t, postgres.Migrate(ctx, db, migrations.All...))

	gateway, err := paysim.New(w.wire.url, providerKey, times.providerTimeout)
	require.NoError(t, err)
	payments := store.New(db)
	w.store, w.db = payments, db
	w.gateway = provider.Border{Provider: gateway}
	w.journal = journal.New(payments, nothingdue.Before(w.gateway), times.Policy)
	w.serve(payments)
	return w
}

func (w *world) serve(payments *store.Store) {
	t := w.t
	verifier, err := auth.NewVerifier(t.Context(), config.Auth{
		Issuer: testkit.Issuer(t), Audience: "ordersaga", Environment: config.Development,
	})
	require.NoError(t, err)
	api := rest.New(rest.Config{Info: rest.Info{Title: "Payments", Version: "test"}, Verifier: verifier})
	internal.Routes(api, payments)
	internal.Audits(api, payments, w.gateway)
	w.api = api

	server, err := rpc.NewServer(verifier, rpc.ServerSettings{}, internal.Service(w.journal, payments, domain.MethodKey("test"), w.gateway, &w.orders))
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- lifecycle.ServeGRPC(ctx, "grpc", server, listener) }()
	t.Cleanup(func() { stop(); <-served })
	w.client = dial(t, listener.Addr().String())
}

func dial(t *testing.T, addr string) paymentsv1.PaymentsServiceClient {
	connection, err := rpc.Dial(addr, nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = connection.Close() })
	return paymentsv1.NewPaymentsServiceClient(connection)
}

// startResolver runs the resolver until the test ends.
func (w *world) startResolver() {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = w.journal.Resolve(ctx, 20*time.Millisecond)
	}()
	w.t.Cleanup(func() { stop(); <-done })
}

// startTeller tells orders what became of their money until the test ends.
func (w *world) startTeller() {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = telling.Tell(ctx, w.store, &w.orders, 20*time.Millisecond)
	}()
	w.t.Cleanup(func() { stop(); <-done })
}

// asService is a context of a call by another service, with a deadline.
func asService(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), callDeadline)
	t.Cleanup(cancel)
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+testkit.Token(t, programs.Worker, auth.ScopeService))
}

func newOrder() string { return uuid.NewString() }

func stepOf(order string) *commonv1.Step {
	instance := uuid.NewSHA1(uuid.Nil, []byte(order)).String()
	return &commonv1.Step{
		Saga: &commonv1.Saga{OrderId: order, Kind: "place-order", Instance: instance},
		Name: "authorize-payment",
	}
}

func wish(order, card string) *paymentsv1.AuthorizeRequest {
	return &paymentsv1.AuthorizeRequest{
		Step: stepOf(order), CustomerId: "alice", PaymentMethod: card,
		Amount: &commonv1.Money{Amount: amount, Currency: "GBP"},
	}
}

func (w *world) authorize(order, card string) (*paymentsv1.AuthorizeResponse, error) {
	w.t.Helper()
	return w.client.Authorize(asService(w.t), wish(order, card))
}

func (w *world) void(order string) error {
	w.t.Helper()
	_, err := w.client.Void(asService(w.t), &paymentsv1.VoidRequest{Step: stepOf(order)})
	return err
}

// authorizedOf is the fact of an authorization, of an answer to Authorize or Void.
func authorizedOf(t *testing.T, facts []*commonv1.Fact) *commonv1.PaymentAuthorized {
	t.Helper()
	require.NotEmpty(t, facts)
	require.NotNil(t, facts[0].GetPaymentAuthorized(), "%v", facts)
	return facts[0].GetPaymentAuthorized()
}

func requireUnavailable(t *testing.T, err error) {
	t.Helper()
	require.Equal(t, codes.Unavailable.String(), status.Code(err).String(), "%v", err)
}

// requireRefused asserts a refusal and returns its details.
func requireRefused(t *testing.T, reason string, err error) string {
	t.Helper()
	r, ok := refusal.As(err)
	require.True(t, ok, "not a refusal: %v", err)
	require.Equal(t, reason, r.Reason)
	return string(r.Details)
}

// shown is a payment as an operator sees it.
type shown struct {
	ID                string
	Status            string
	ProviderReference string `json:"provider_reference"`
	Operations        []struct {
		Step, Kind, State string
		Sends             int
		LastError         string `json:"last_error"`
		Problem           string
		AnsweredAt        *time.Time `json:"answered_at"`
	}
}

func (w *world) get(order, token string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(http.MethodGet, "/v1/payments/"+order, nil)
	request.Header.Set("Authorization", "Bearer "+token)
	answer := httptest.NewRecorder()
	w.api.ServeHTTP(answer, request)
	return answer
}

func (w *world) show(order string) shown {
	w.t.Helper()
	answer := w.get(order, testkit.Token(w.t, "operator", auth.ScopeOperator))
	require.Equal(w.t, http.StatusOK, answer.Code, answer.Body.String())
	var payment shown
	require.NoError(w.t, json.Unmarshal(answer.Body.Bytes(), &payment))
	return payment
}

// state of the order's only authorization and, after a slash, of its undo when one was asked for.
func (w *world) state(order string) string {
	w.t.Helper()
	states := map[string]string{}
	for _, op := range w.show(order).Operations {
		require.NotContains(w.t, states, op.Kind)
		states[op.Kind] = op.State
	}
	if states["void"] != "" {
		return states["authorize"] + "/" + states["void"]
	}
	return states["authorize"]
}

// requireBooks asserts what the provider itself has on its books for an order.
func (w *world) requireBooks(order string, effects, open int) {
	w.t.Helper()
	got := w.provider.books(order)
	require.Equal(w.t, effects, got.AuthorizeEffects, "authorizations the provider made")
	require.Equal(w.t, open, got.Open, "authorizations the provider holds")
}

// providerProcess is a running paysim.
type providerProcess struct {
	t    *testing.T
	file string
	slow time.Duration
	url  string
	cmd  *exec.Cmd
}

func startProvider(t *testing.T, file string, slow time.Duration) *providerProcess {
	p := &providerProcess{t: t, file: file, slow: slow}
	p.start("0")
	t.Cleanup(p.kill)
	return p
}

func (p *providerProcess) start(port string) {
	p.cmd = exec.Command(built.paysim)
	p.cmd.Env = append(os.Environ(), "HOST=127.0.0.1", "PORT="+port, "PAYSIM_API_KEY="+providerKey,
		"PAYSIM_DATA="+p.file, "PAYSIM_SLOW="+p.slow.String())
	p.url = "http://" + startAndFind(p.t, p.cmd, "paysim is ready")
}

func (p *providerProcess) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// restart brings it back at the same address with the same books.
func (p *providerProcess) restart() { p.start(p.url[strings.LastIndex(p.url, ":")+1:]) }

type books struct {
	AuthorizeEffects int `json:"authorize_effects"`
	Open             int
	Declined         int
}

func (p *providerProcess) books(order string) books {
	p.t.Helper()
	request, err := http.NewRequest(http.MethodGet, p.url+"/v1/books?reference="+order, nil)
	require.NoError(p.t, err)
	request.Header.Set("Authorization", "Bearer "+providerKey)
	client := http.Client{Timeout: callDeadline}
	response, err := client.Do(request)
	require.NoError(p.t, err)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	require.NoError(p.t, err)
	var audit struct{ References []books }
	require.NoError(p.t, json.Unmarshal(content, &audit), string(content))
	if len(audit.References) == 0 {
		return books{}
	}
	return audit.References[0]
}

// startAndFind starts a program and returns the address in the first log line with the message.
func startAndFind(t *testing.T, cmd *exec.Cmd, message string) (address string) {
	t.Helper()
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	found := make(chan string, 1)
	go func() {
		defer close(found)
		var said bytes.Buffer
		decoder := json.NewDecoder(io.TeeReader(stderr, &said))
		for {
			var line struct{ Msg, Address, Component string }
			if err := decoder.Decode(&line); err != nil {
				t.Logf("%s ended: %s", cmd.Path, said.String())
				return
			}
			if strings.TrimSpace(line.Msg+" "+line.Component) == message {
				found <- line.Address
				_, _ = io.Copy(io.Discard, stderr)
				return
			}
		}
	}()
	select {
	case address, ok := <-found:
		require.True(t, ok, "%s did not start", cmd.Path)
		return address
	case <-time.After(callDeadline):
		_ = cmd.Process.Kill()
		require.FailNow(t, "not ready in time", cmd.Path)
		return ""
	}
}
