package order_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

// gate stops the first call of a step, before or after its effect, until the test lets it go on. A
// local try that stands at it is given up after a second, and a regular attempt follows: that waits as
// well, or the saga would go on without the test.
type gate struct {
	interceptor.WorkerInterceptorBase
	// regularOnly lets local tries of the payment pass.
	regularOnly bool

	mu       sync.Mutex
	step     string
	after    bool
	held     string      // the step whose calls wait
	reached  chan string // workflow id
	goOn     chan struct{}
	finished chan struct{}
}

// watch sets the gate for the next order.
func (g *gate) watch(step string, after bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.step, g.after, g.held = step, after, ""
	g.reached, g.goOn, g.finished = make(chan string), make(chan struct{}), make(chan struct{})
}

// pass is true for the one call that meets the gate.
func (g *gate) pass(call activity.Info, after bool) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	step := call.ActivityType.Name
	if g.regularOnly && call.IsLocalActivity && step == sagas.AuthorizePayment.Name || g.step != step || g.after != after {
		return false
	}
	g.step, g.held = "", step
	return true
}

// await waits while another call of the same step stands at the gate.
func (g *gate) await(call activity.Info) {
	g.mu.Lock()
	held, goOn := g.held == call.ActivityType.Name, g.goOn
	g.mu.Unlock()
	if held {
		<-goOn
	}
}

func (g *gate) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	return &gated{interceptor.ActivityInboundInterceptorBase{Next: next}, g}
}

type gated struct {
	interceptor.ActivityInboundInterceptorBase
	gate *gate
}

func (a *gated) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	info := activity.GetInfo(ctx)
	if a.gate.pass(info, false) {
		defer close(a.gate.finished)
		a.gate.reached <- info.WorkflowExecution.ID
		<-a.gate.goOn
	} else {
		a.gate.await(info)
	}
	// The attempt may have been given up while it stood at the gate; its effect comes late all the
	// same, as it does when a network was slow.
	result, err := a.Next.ExecuteActivity(context.WithoutCancel(ctx), in)
	if a.gate.pass(info, true) {
		defer close(a.gate.finished)
		a.gate.reached <- info.WorkflowExecution.ID
		<-a.gate.goOn
	}
	return result, err
}

// authorizing replaces the shop's worker by one of the test in which the next order stands still when it
// is authorized and does not know, until the shop's is back. The payment is a regular activity: a
// worker would go on with a task of local ones although its run is terminated.
func authorizing(t *testing.T, s *shop.Shop) (g *gate, back func()) {
	t.Helper()
	s.Stop(shop.Worker)
	g = &gate{regularOnly: true}
	g.watch(sagas.AuthorizePayment.Name, true)
	stop := s.WorkInTest(t, worker.Options{Interceptors: []interceptor.WorkerInterceptor{g}}, false)
	return g, func() {
		t.Helper()
		close(g.goOn)
		<-g.finished
		stop()
		s.Start(shop.Worker)
	}
}

// cancelWorkflow asks for a cancellation until the server has it: an answer may come too late for the
// client.
func cancelWorkflow(t *testing.T, temporalClient client.Client, id string) {
	t.Helper()
	testkit.Eventually(t, "the server to have the cancellation of "+id, func() bool {
		if temporalClient.CancelWorkflow(t.Context(), id, "") == nil {
			return true
		}
		described, err := temporalClient.DescribeWorkflowExecution(t.Context(), id, "")
		return err == nil && described.GetWorkflowExtendedInfo().GetCancelRequested()
	})
}

// worker of the test's own, on the shop's task queue, with the real workflow and the real
// activities behind the interceptor.
// A payment is tried locally first, or not.
func startWorker(t *testing.T, s *shop.Shop, calls interceptor.WorkerInterceptor, localPayments bool) client.Client {
	t.Helper()
	s.WorkInTest(t, worker.Options{Interceptors: []interceptor.WorkerInterceptor{calls}}, localPayments)
	return s.Temporal()
}

// TestACancelAtEveryStepUndoesExactlyWhatWasDone is on a real server: the test environment delivers
// a cancel at other moments. When the payment is tried locally, all steps are one workflow task, and
// a cancel of the workflow that comes meanwhile may find a confirmed order.
func TestACancelAtEveryStepUndoesExactlyWhatWasDone(t *testing.T) {
	for name, local := range map[string]bool{"payment tried locally": true, "payment by a regular activity": false} {
		t.Run(name, func(t *testing.T) { cancelAtEveryStep(t, local) })
	}
}

func cancelAtEveryStep(t *testing.T, local bool) {
	s := shop.Open(t, shop.Options{Without: []string{shop.Worker}})
	g := &gate{regularOnly: !local}
	temporalClient := startWorker(t, s, g, local)
	anna := s.Customer("anna")
	allocate, pivot := sagas.AllocateStock.Name, sagas.RecordConfirmed.Name
	for _, step := range []string{sagas.RecordPlaced.Name, sagas.ReserveStock.Name, sagas.AuthorizePayment.Name, allocate, pivot} {
		for when, after := range map[string]bool{"before": false, "after": true} {
			name := step + "-" + when
			t.Run(name, func(t *testing.T) {
				s.Sells(name, 300, 5)
				g.watch(step, after)
				answer := make(chan shop.Answer, 1)
				go func() {
					a, err := anna.TryPlace(name, shop.Of(name, 2, "card_approve"))
					assert.NoError(t, err)
					answer <- a
				}()
				id := <-g.reached
				cancelWorkflow(t, temporalClient, id)
				if step == sagas.AuthorizePayment.Name && !local {
					// A regular activity is given up at once; its late effect comes after the undo.
					a := <-answer
					assert.Equal(t, http.StatusConflict, a.Status, "%s", a)
					close(g.goOn)
					<-g.finished
					answer <- a
				} else {
					close(g.goOn)
				}
				a := <-answer
				orderID := id[len("order-"):]
				stock, books, order := s.Stock(name), s.Books(orderID), s.Order(orderID)
				if order.Status == sagas.StatusConfirmed {
					assert.True(t, local || step == allocate || step == pivot, "a cancel takes effect at the next task border")
					assert.Equal(t, http.StatusCreated, a.Status, "%s", a)
					assert.EqualValues(t, 2, stock.Reserved)
					assert.Equal(t, 1, books.Open)
					return
				}
				assert.Equal(t, sagas.StatusCancelled, order.Status)
				assert.Equal(t, http.StatusConflict, a.Status, "%s", a)
				assert.Zero(t, stock.Reserved)
				assert.Zero(t, books.Open)
				err := temporalClient.GetWorkflow(t.Context(), id, "").Get(t.Context(), nil)
				var cancelled *temporal.CanceledError
				assert.True(t, errors.As(err, &cancelled), "the Web UI shows it as cancelled: %v", err)
			})
		}
	}
}
