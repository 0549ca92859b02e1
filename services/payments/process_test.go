package main

import (
	"context"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/contracts/programs"
	paymentsv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/payments/v1"
	"github.com/ordersaga/ordersaga/platform/testkit"
)

// process is the payments program. Its world's own service looks into the same database, and asks
// nothing of it.
type process struct {
	*world
	databaseURL string
	cmd         *exec.Cmd
}

// newProcess starts the program with a provider time-out of 15 s, and so with a lease of 20: a call
// is given up after the time-out, and what is done while it waits must be done before.
func newProcess(t *testing.T) *process {
	p := &process{databaseURL: testkit.Postgres(t)}
	p.world = newWorldOn(t, p.databaseURL, calm, time.Second)
	p.start()
	t.Cleanup(p.kill)
	return p
}

func (p *process) start() {
	p.cmd = exec.Command(built.payments)
	p.cmd.Env = append(os.Environ(), "HOST=127.0.0.1", "PORT=0",
		"DATABASE_URL="+p.databaseURL, "OIDC_ISSUER="+testkit.Issuer(p.t), "ORDERSAGA_ENV=development",
		"OIDC_CLIENT_ID="+programs.Payments, "OIDC_CLIENT_SECRET="+testkit.ClientSecret, "ORDERS_GRPC_ADDR="+p.orders.Serve(p.t),
		"PAYMENT_PROVIDER_URL="+p.wire.url, "PAYMENT_PROVIDER_KEY="+providerKey,
		"PAYMENT_PROVIDER_TIMEOUT=15s", "PAYMENT_LOOKUP_DEADLINE=20s", "PAYMENT_RESOLVE_INTERVAL=50ms")
	p.client = dial(p.t, startAndFind(p.t, p.cmd, "listening grpc"))
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// authorizeInBackground yields the error of a call, when it ends.
func (p *process) authorizeInBackground(ctx context.Context, order string) <-chan error {
	ended := make(chan error, 1)
	client := p.client
	go func() {
		_, err := client.Authorize(ctx, wish(order, "card_approve"))
		ended <- err
	}()
	return ended
}

func TestAKillBetweenTheIntentAndTheOutcomeNeitherLosesNorDoublesTheCharge(t *testing.T) {
	t.Parallel()
	p := newProcess(t)
	order := newOrder()
	p.wire.hold()
	ended := p.authorizeInBackground(asService(t), order)
	p.waitUntilCharged(order)
	p.kill()
	require.Error(t, <-ended)
	p.wire.release()
	require.Equal(t, "sending", p.state(order))

	p.start()
	testkit.Eventually(t, "the authorization after the lease of the killed process", func() bool {
		_, err := p.authorize(order, "card_approve")
		if err != nil {
			requireUnavailable(t, err)
		}
		return err == nil
	})
	p.requireBooks(order, 1, 1)
	assert.Equal(t, 2, p.show(order).Operations[0].Sends)
}

func TestAKilledProcessForgetsNoUndo(t *testing.T) {
	t.Parallel()
	p := newProcess(t)
	order := newOrder()
	p.wire.hold()
	ctx := asService(t)
	ended := p.authorizeInBackground(ctx, order)
	p.waitUntilCharged(order)
	voided := make(chan error, 1)
	client := p.client
	go func() {
		_, err := client.Void(ctx, &paymentsv1.VoidRequest{Step: stepOf(order)})
		voided <- err
	}()
	p.eventually(order, "sending/waiting")
	p.kill()
	require.Error(t, <-ended)
	require.Error(t, <-voided)
	p.wire.release()
	p.requireBooks(order, 1, 1)

	p.start()
	p.eventually(order, "voided/succeeded")
	p.requireBooks(order, 1, 0)
}

// A process that is killed after the provider has moved the money, and before anybody was told,
// forgets nothing: the resolver finds it out although nobody asks again, and who asks again moves
// nothing twice.
func TestAKilledProcessFindsOutWhatWasCapturedAndRefunded(t *testing.T) {
	t.Parallel()
	p := newProcess(t)
	paid := p.pay("card_approve")
	p.dieDuring(paid, "capture", func() error { _, err := paid.capture("first", 1000); return err })
	p.dieDuring(paid, "refund", func() error { _, err := paid.refund("refund", "first", 300); return err })
	assert.EqualValues(t, 700, paid.requireBalanced())
}

// dieDuring kills the program while it waits for the provider's answer, and lets a new one find it
// out.
func (p *process) dieDuring(paid *paid, kind string, move func() error) {
	p.t.Helper()
	p.wire.hold()
	before := p.provider.balance(paid.order)
	ended := make(chan error, 1)
	go func() { ended <- move() }()
	testkit.Eventually(p.t, "the provider to have done the "+kind, func() bool { return p.provider.balance(paid.order) != before })
	p.kill()
	require.Error(p.t, <-ended)
	p.wire.release()
	p.start()
	paid.eventuallyState(kind, "succeeded")
	require.NoError(p.t, move(), "who asks again is told")
}

func TestSIGTERMFinishesTheCallsInHand(t *testing.T) {
	p := newProcess(t)
	order := newOrder()
	p.wire.hold()
	ended := p.authorizeInBackground(asService(t), order)
	p.waitUntilCharged(order)
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	p.wire.release()
	require.NoError(t, <-ended)
	require.NoError(t, p.cmd.Wait(), "an orderly stop")
	p.requireBooks(order, 1, 1)
}
