package matrix_test

import (
	"context"
	"maps"

	"github.com/stretchr/testify/assert"
	"go.temporal.io/sdk/activity"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/test/shop"
	"github.com/ordersaga/ordersaga/workflows/saga"
)

// faultyConn lets the fault of a run decide every call that an activity makes, where the network
// would: what the activity makes of it is the product's.
type faultyConn struct {
	grpc.ClientConnInterface
	run *run
}

func (r *run) faulty(conn grpc.ClientConnInterface) grpc.ClientConnInterface {
	return &faultyConn{conn, r}
}

func (c *faultyConn) Invoke(ctx context.Context, method string, in, out any, options ...grpc.CallOption) error {
	r, step := c.run, activity.GetInfo(ctx).ActivityType.Name
	r.mu.Lock()
	r.attempts[step]++
	attempt := r.attempts[step]
	r.mu.Unlock()
	// A late call outlives the attempt that made it.
	call := func() error {
		return c.ClientConnInterface.Invoke(context.WithoutCancel(ctx), method, in, out, options...)
	}
	err := error(nil)
	if r.fault != nil {
		err = r.fault(r, step, attempt, call)
	} else {
		err = call()
	}
	if err != nil {
		r.failed(step, sagas.ServiceOf(in), err)
	} else if step == sagas.RecordStuck.Name {
		r.isExplained()
	}
	return err
}

// failure is what an operator has to be told of a call that failed.
type failure struct {
	service, kind string
	attempts      int // that failed
}

// failed keeps the failure of a call.
func (r *run) failed(step, service string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kind := sagas.FailureInternal
	_, refused := refusal.As(err)
	switch {
	case refused:
		kind = sagas.FailureRefused
	case err == errUnreachable: //nolint:errorlint // this very one: a service that answers Unavailable is another failure
		kind = sagas.FailureUnreachable
	case status.Code(err) == codes.DeadlineExceeded:
		kind = sagas.FailureTimeout
	case status.Code(err) == codes.Unavailable:
		kind = sagas.FailureUnavailable
	}
	r.failures[step] = failure{service, kind, r.failures[step].attempts + 1}
}

// isExplained asks for the explanation of an order whose saga has just got stuck, and compares it
// with what went wrong.
func (r *run) isExplained() {
	r.mu.Lock()
	failures := maps.Clone(r.failures)
	r.mu.Unlock()
	var why struct {
		Saga  *struct{ Kind string }
		Steps []struct{ Step, Service, Kind string }
	}
	answer := r.Operator().Get(shop.Orders, "/v1/orders/"+r.id()+"/why")
	if !assert.NoError(r.t, answer.Into(&why), "%s", answer) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if why.Saga == nil {
		// The order has ended, and its saga does not know: nobody needs to act.
		for step, failure := range failures {
			if failure.attempts > saga.Attempts && !r.explained[step] {
				assert.Equal(r.t, shop.Orders, failure.service, "%s: %s", step, answer)
				r.explained[step] = true
			}
		}
		return
	}
	assert.Equal(r.t, r.kind, why.Saga.Kind)
	assert.NotEmpty(r.t, why.Steps, "%s", answer)
	for _, named := range why.Steps {
		injected := failures[named.Step]
		assert.Equal(r.t, injected.service, named.Service, "the service that failed in %s", named.Step)
		assert.Equal(r.t, injected.kind, named.Kind, "how %s failed", named.Step)
		r.explained[named.Step] = true
	}
}

// wasExplained asserts that every step that used up its attempts was named while it was stuck.
func (r *run) wasExplained() {
	r.t.Helper()
	for step, failure := range r.failures {
		if failure.attempts > saga.Attempts && step != sagas.RecordStuck.Name && step != sagas.TakeActs.Name {
			assert.True(r.t, r.explained[step], "the saga was stuck in %s, and nobody was told", step)
		}
	}
}
