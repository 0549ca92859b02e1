// Package matrix breaks every step of every saga in every way, with the real services behind it,
// and looks afterwards at what the services and the payment provider have in their books.
//
// The saga runs in Temporal's test environment, so that deadlines pass without being waited for;
// everything it calls is a deployed program on real engines.
package matrix_test

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/ordersaga/ordersaga/activities"
	"github.com/ordersaga/ordersaga/contracts/programs"
	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	inventoryv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/inventory/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	paymentsv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/payments/v1"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/rpc"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
	"github.com/ordersaga/ordersaga/workflows"
	"github.com/ordersaga/ordersaga/workflows/sagatest"
)

// world is a shop whose sagas run in the test.
type world struct {
	*shop.Shop
	temporal                    client.Client
	orders, inventory, payments *grpc.ClientConn
}

// open starts the shop's programs but for the worker, with additional settings by program.
func open(t *testing.T, settings map[string][]string) *world {
	t.Helper()
	s := shop.Open(t, shop.Options{Without: []string{shop.Worker}, Env: settings})
	tokens := auth.ServiceTokens(t.Context(), testkit.Client(t, programs.Worker))
	dial := func(service string) *grpc.ClientConn {
		conn, err := rpc.Dial(s.GRPC(service), tokens)
		require.NoError(t, err)
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	return &world{s, s.Temporal(), dial(shop.Orders), dial(shop.Inventory), dial(shop.Payments)}
}

// units of the one product that each case has for itself, and how many of them its order wants.
const (
	units  = 10
	wanted = 4
	price  = 250
)

// run is one order placed in the world, with one fault.
type run struct {
	*world
	t     *testing.T
	env   *testsuite.TestWorkflowEnvironment
	input *ordersv1.PlaceOrderInput
	fault fault
	// kind is that of the saga that runs.
	kind string

	mu       sync.Mutex
	attempts map[string]int
	// failures has the last one of each step, explained the steps that were named as stuck.
	failures  map[string]failure
	explained map[string]bool
	late      []func()
}

// fault decides what happens to a call of a service: whether it is made, and what the saga is told.
// call makes it.
type fault func(r *run, step string, attempt int, call func() error) error

// The faults of the network: nobody answers, or not in time.
var (
	errUnreachable = status.Error(codes.Unavailable, "the connection was refused")
	errNoAnswer    = status.Error(codes.DeadlineExceeded, "the answer was lost")
)

// places has a saga place an order, through all the runs that it continues as.
func (w *world) places(t *testing.T, card string, f fault) (*run, *commonv1.Outcome) {
	t.Helper()
	r := w.order(t, card)
	return r, r.places(f)
}

// order is one that was accepted and whose saga has not begun.
func (w *world) order(t *testing.T, card string) *run {
	t.Helper()
	id := uuid.NewString()
	sku := "sku-" + id[:8]
	w.Sells(sku, price, units)
	r := &run{world: w, t: t, input: &ordersv1.PlaceOrderInput{
		Revision: sagas.PlaceOrderRevision,
		Saga:     sagas.Placing(id),
		Placement: &ordersv1.Placement{
			OrderId: id, CustomerId: "customer", RequestHash: fmt.Sprintf("%064x", 1),
			Lines:    []*ordersv1.OrderLine{{Number: 1, Sku: sku, Name: "Product", UnitPrice: price, Quantity: wanted}},
			Total:    &commonv1.Money{Amount: price * wanted, Currency: "GBP"},
			PlacedAt: timestamppb.Now(),
		},
		PaymentMethod: card,
	}}
	r.accepted()
	return r
}

// accepted has the order recorded, as the service does before it starts the workflow.
func (r *run) accepted() {
	r.t.Helper()
	_, err := ordersv1.NewOrdersServiceClient(r.orders).RecordPlaced(r.t.Context(), &ordersv1.RecordPlacedRequest{
		Saga: r.input.GetSaga(), Placement: r.input.GetPlacement(),
	})
	require.NoError(r.t, err)
}

func (r *run) places(f fault) *commonv1.Outcome {
	r.t.Helper()
	return r.executes(f, sagas.KindPlaceOrder, sagas.PlaceOrder, r.input)
}

// executes runs a saga of a kind to its outcome.
func (r *run) executes(f fault, kind, workflow string, input any) *commonv1.Outcome {
	r.t.Helper()
	r.begin(f, kind)
	r.env = sagatest.Execute(r.t, r.environment, workflow, input)
	r.wasExplained()
	return r.outcome()
}

func (r *run) begin(f fault, kind string) {
	r.fault, r.kind = f, kind
	r.attempts, r.failures, r.explained = map[string]int{}, map[string]failure{}, map[string]bool{}
}

// environment of one run of the saga.
func (r *run) environment() *testsuite.TestWorkflowEnvironment {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	r.env = suite.NewTestWorkflowEnvironment()
	r.env.SetDataConverter(sagas.DataConverter())
	r.env.SetTestTimeout(2 * time.Minute)
	workflows.Register(r.env)
	activities.Register(r.env, ordersv1.NewOrdersServiceClient(r.faulty(r.orders)), inventoryv1.NewInventoryServiceClient(r.faulty(r.inventory)),
		paymentsv1.NewPaymentsServiceClient(r.faulty(r.payments)), activities.NewLocalTries(true))
	return r.env
}

// losesATask has a first worker do everything up to a step, whose workflow task then is lost: it
// hears and does nothing more, and what it knows is forgotten. It reports whether the step was
// called; if not, the workflow came to its end.
func (r *run) losesATask(kind, workflow string, input proto.Message, step string) (lost bool) {
	r.t.Helper()
	// A local try may have been given up and answer after those that follow it.
	var gone atomic.Bool
	r.begin(func(_ *run, called string, _ int, call func() error) error {
		if gone.Load() {
			return errUnreachable
		}
		err := call()
		if called == step {
			gone.Store(true)
		}
		return err
	}, kind)
	r.environment().ExecuteWorkflow(workflow, input)
	return gone.Load()
}

func (r *run) outcome() (outcome *commonv1.Outcome) {
	r.t.Helper()
	err := r.env.GetWorkflowError()
	var cancelled *temporal.CanceledError
	if errors.As(err, &cancelled) {
		require.NoError(r.t, cancelled.Details(&outcome))
		return outcome
	}
	require.NoError(r.t, err)
	require.NoError(r.t, r.env.GetWorkflowResult(&outcome))
	return outcome
}

// agrees checks invariants I1 to I3 for the order of the run: what the services and the provider
// have is what the outcome says.
func (r *run) agrees(outcome *commonv1.Outcome) {
	t, id := r.t, r.input.GetPlacement().GetOrderId()
	t.Helper()
	stock, books, order := r.Stock(r.input.GetPlacement().GetLines()[0].GetSku()), r.Books(id), r.Order(id)
	assert.Equal(t, outcome.GetStatus(), order.Status, "orders and the saga say the same")
	assert.LessOrEqual(t, books.Authorized, 1, "nobody is charged twice")
	assert.EqualValues(t, units, stock.OnHand)
	switch outcome.GetStatus() {
	case sagas.StatusConfirmed:
		assert.EqualValues(t, wanted, stock.Reserved, "confirmed: stock allocated")
		assert.Equal(t, 1, books.Open, "confirmed: payment authorized at the provider")
		assert.Equal(t, "authorized", r.Payment(id).Status)
	case sagas.StatusRejected, sagas.StatusCancelled:
		assert.Zero(t, stock.Reserved, "not confirmed: nothing reserved")
		assert.Zero(t, books.Open, "not confirmed: nothing held at the provider")
		assert.NotContains(t, []string{"authorized", "pending", "voiding"}, r.Payment(id).Status)
	default:
		t.Errorf("the order is not settled: %q", outcome.GetStatus())
	}
}
