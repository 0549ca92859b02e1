package activities_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"
	"google.golang.org/grpc"

	"github.com/ordersaga/ordersaga/activities"
	inventoryv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/inventory/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	paymentsv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/payments/v1"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/refusal"
)

// payments answers as a test wants, and counts.
type payments struct {
	paymentsv1.PaymentsServiceClient
	calls atomic.Int32
	takes time.Duration
	err   error
}

func (p *payments) Authorize(context.Context, *paymentsv1.AuthorizeRequest, ...grpc.CallOption) (*paymentsv1.AuthorizeResponse, error) {
	p.calls.Add(1)
	<-time.After(p.takes)
	return &paymentsv1.AuthorizeResponse{}, p.err
}

// authorize is a registry that keeps the activity under test.
type authorize struct{ function any }

func (a *authorize) RegisterActivityWithOptions(function any, options activity.RegisterOptions) {
	if options.Name == sagas.AuthorizePayment.Name {
		a.function = function
	}
}

// paymentOf returns the local and the regular try of a payment on one worker.
func paymentOf(on bool, p *payments) (local, regular func() error) {
	var kept authorize
	activities.Register(&kept, ordersv1.NewOrdersServiceClient(nil), inventoryv1.NewInventoryServiceClient(nil), p, activities.NewLocalTries(on))
	environment := func() *testsuite.TestActivityEnvironment {
		var suite testsuite.WorkflowTestSuite
		env := suite.NewTestActivityEnvironment()
		env.RegisterActivityWithOptions(kept.function, activity.RegisterOptions{Name: sagas.AuthorizePayment.Name})
		return env
	}
	local = func() error {
		_, err := environment().ExecuteLocalActivity(kept.function, &paymentsv1.AuthorizeRequest{})
		return err
	}
	regular = func() error {
		_, err := environment().ExecuteActivity(sagas.AuthorizePayment.Name, &paymentsv1.AuthorizeRequest{})
		return err
	}
	return local, regular
}

// atOnce makes tries side by side.
func atOnce(tries int, try func() error) {
	var all sync.WaitGroup
	for range tries {
		all.Go(func() { _ = try() })
	}
	all.Wait()
}

func TestAPaymentIsTriedLocallyWhileTheProviderIsQuick(t *testing.T) {
	p := &payments{}
	local, _ := paymentOf(true, p)
	require.NoError(t, local())
	p.err = refusal.New(refusals.PaymentDeclined, "declined", nil)
	require.Error(t, local())
	p.err = nil
	require.NoError(t, local(), "a declined card says nothing about the provider")
	assert.EqualValues(t, 3, p.calls.Load())
}

func TestASlowOrFailingProviderIsCalledByRegularActivitiesAtOnce(t *testing.T) {
	for name, p := range map[string]*payments{"slow": {takes: 850 * time.Millisecond}, "failing": {err: errors.New("no answer")}} {
		t.Run(name, func(t *testing.T) {
			local, regular := paymentOf(true, p)
			takes, err := p.takes, p.err
			atOnce(9, local)
			p.takes, p.err = 0, nil
			require.NoError(t, local(), "one that is quick begins the count anew")
			p.takes, p.err = takes, err
			atOnce(10, local)
			p.takes, p.err = 0, nil
			require.ErrorContains(t, local(), "not tried locally")
			assert.EqualValues(t, 20, p.calls.Load(), "the local try calls nobody")
			require.NoError(t, regular())
			assert.EqualValues(t, 21, p.calls.Load())
		})
	}
}

func TestLocalTriesCanBeSwitchedOff(t *testing.T) {
	p := &payments{}
	local, regular := paymentOf(false, p)
	require.Error(t, local())
	require.NoError(t, regular())
	assert.EqualValues(t, 1, p.calls.Load())
}
