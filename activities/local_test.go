package activities_test

import (
	"context"
	"errors"
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
	calls int
	takes time.Duration
	err   error
}

func (p *payments) Authorize(context.Context, *paymentsv1.AuthorizeRequest, ...grpc.CallOption) (*paymentsv1.AuthorizeResponse, error) {
	p.calls++
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
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivityWithOptions(kept.function, activity.RegisterOptions{Name: sagas.AuthorizePayment.Name})
	local = func() error {
		_, err := env.ExecuteLocalActivity(kept.function, &paymentsv1.AuthorizeRequest{})
		return err
	}
	regular = func() error {
		_, err := env.ExecuteActivity(sagas.AuthorizePayment.Name, &paymentsv1.AuthorizeRequest{})
		return err
	}
	return local, regular
}

func TestAPaymentIsTriedLocallyWhileTheProviderIsQuick(t *testing.T) {
	p := &payments{}
	local, _ := paymentOf(true, p)
	require.NoError(t, local())
	p.err = refusal.New(refusals.PaymentDeclined, "declined", nil)
	require.Error(t, local())
	p.err = nil
	require.NoError(t, local(), "a declined card says nothing about the provider")
	assert.Equal(t, 3, p.calls)
}

func TestASlowOrFailingProviderIsCalledByRegularActivitiesAtOnce(t *testing.T) {
	for name, p := range map[string]*payments{"slow": {takes: 850 * time.Millisecond}, "failing": {err: errors.New("no answer")}} {
		t.Run(name, func(t *testing.T) {
			local, regular := paymentOf(true, p)
			fault := *p
			_, _ = local(), local()
			p.takes, p.err = 0, nil
			require.NoError(t, local(), "one that is quick in between begins the count anew")
			p.takes, p.err = fault.takes, fault.err
			_, _, _ = local(), local(), local()
			p.takes, p.err = 0, nil
			require.ErrorContains(t, local(), "not tried locally")
			assert.Equal(t, 6, p.calls, "the local try calls nobody")
			require.NoError(t, regular())
			assert.Equal(t, 7, p.calls)
		})
	}
}

func TestLocalTriesCanBeSwitchedOff(t *testing.T) {
	p := &payments{}
	local, regular := paymentOf(false, p)
	require.Error(t, local())
	require.NoError(t, regular())
	assert.Equal(t, 1, p.calls)
}
