package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"pgregory.net/rapid"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	paymentsv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/payments/v1"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/reconcile"
)

// lives is how many random lives of a payment are tried.
const lives = "25"

// cardsOfLives are what may happen after an authorization.
var cardsOfLives = []string{
	"card_approve", "card_capture_once", "card_expires", "card_voided_outside",
	"card_capture_declined", "card_capture_pending", "card_capture_fails", "card_capture_reversed", "card_capture_error", "card_capture_flaky",
	"card_refund_declined", "card_refund_pending", "card_refund_fails", "card_refund_reversed", "card_refund_error",
	"card_disputed", "card_dispute_won", "card_dispute_lost",
}

// life is one payment, and the calls that its sagas have made.
type life struct {
	*world
	t                    *rapid.T
	order, authorization string
	calls                []func() error // each may be made again and again: it is one step
}

// TestTheBooksAgreeAfterAnyLifeOfAPayment is invariant I2: whatever was asked, whatever the
// provider did and whichever answers were lost, in the end the journal, the ledger and the provider
// say the same.
func TestTheBooksAgreeAfterAnyLifeOfAPayment(t *testing.T) {
	require.NoError(t, flag.Set("rapid.checks", lives))
	if seed := flag.Lookup("rapid.seed"); seed.Value.String() == "0" {
		require.NoError(t, seed.Value.Set(strconv.FormatInt(time.Now().UnixNano(), 10)))
	}
	t.Logf("these lives again: -rapid.seed=%s", flag.Lookup("rapid.seed").Value)
	w := newWorld(t, hasty, 50*time.Millisecond)
	w.startResolver()
	w.startObserver()
	rapid.Check(t, func(rt *rapid.T) {
		l := &life{world: w, t: rt, order: newOrder()}
		card := rapid.SampledFrom(cardsOfLives).Draw(rt, "card")
		done, err := w.authorize(l.order, card)
		if err != nil && (card == "card_expires" || card == "card_voided_outside") {
			return // it ended before the answer came
		}
		require.NoError(t, err)
		l.authorization = authorizedOf(t, done.GetFacts()).GetAuthorizationId()
		rt.Repeat(map[string]func(*rapid.T){
			"capture": l.capture, "refund": l.refund, "repeat": l.repeat, "provider": l.provider,
			"void": func(*rapid.T) { l.call(l.void) },
			"lose answers": func(rt *rapid.T) {
				w.wire.says(losing(rapid.Bool().Draw(rt, "lost")))
			},
		})
		w.wire.says(nil)
		l.settle(t)
	})
}

// losing lets answers to what moves money be lost, after their effect.
func losing(lost bool) func(*http.Request, int, string) (int, string) {
	if !lost {
		return nil
	}
	return func(request *http.Request, status int, body string) (int, string) {
		if request.Method == http.MethodPost {
			return http.StatusBadGateway, ""
		}
		return status, body
	}
}

// call makes a call and keeps it: a saga repeats it until it knows the outcome.
func (l *life) call(made func() error) {
	l.calls = append(l.calls, made)
	_ = made()
}

func (l *life) step(saga string) *commonv1.Step {
	return &commonv1.Step{Saga: &commonv1.Saga{OrderId: l.order, Kind: saga, Instance: uuid.NewString()}, Name: saga}
}

func (l *life) capture(rt *rapid.T) {
	request := &paymentsv1.CaptureRequest{
		Step: l.step("ship-order"), AuthorizationId: l.authorization, Shipment: fmt.Sprint(len(l.calls)),
		Amount: gbp(rapid.Int64Range(0, amount).Draw(rt, "amount")), Final: rapid.Bool().Draw(rt, "final"), Fee: rapid.Bool().Draw(rt, "fee"),
	}
	l.call(func() error { _, err := l.client.Capture(l.context(), request); return err })
}

func (l *life) refund(rt *rapid.T) {
	request := &paymentsv1.RefundRequest{
		Step: l.step("refund-order"), Amount: gbp(rapid.Int64Range(0, amount).Draw(rt, "amount")),
		Shipment: fmt.Sprint(rapid.IntRange(0, 3).Draw(rt, "shipment")), KeptFee: rapid.Int64Range(0, 9).Draw(rt, "kept fee"),
	}
	l.call(func() error { _, err := l.client.Refund(l.context(), request); return err })
}

func (l *life) void() error {
	_, err := l.client.VoidAuthorization(l.context(), &paymentsv1.VoidAuthorizationRequest{OrderId: l.order, AuthorizationId: l.authorization})
	return err
}

func (l *life) repeat(rt *rapid.T) {
	if len(l.calls) > 0 {
		_ = l.calls[rapid.IntRange(0, len(l.calls)-1).Draw(rt, "which")]()
	}
}

// provider lets something happen there by itself.
func (l *life) provider(rt *rapid.T) {
	found := l.statement()
	var possible []string
	for _, a := range found.Authorizations {
		possible = append(possible, "authorization/"+a.ID+"/voided", "authorization/"+a.ID+"/expired")
	}
	for _, c := range found.Captures {
		possible = append(possible, "capture/"+c.ID+"/failed", "capture/"+c.ID+"/disputed")
	}
	for _, r := range found.Refunds {
		possible = append(possible, "refund/"+r.ID+"/failed")
	}
	for _, d := range found.Disputes {
		possible = append(possible, "dispute/"+d.ID+"/won", "dispute/"+d.ID+"/lost")
	}
	slices.Sort(possible)
	chosen := possible[rapid.IntRange(0, len(possible)-1).Draw(rt, "what happens")]
	response := l.world.provider.ask(http.MethodPost, "/v1/simulate/"+chosen, "")
	_ = response.Body.Close() // what is not possible does not happen
}

type record struct{ ID, Status string }

type statement struct{ Authorizations, Captures, Refunds, Disputes []record }

func (l *life) statement() (found statement) {
	l.world.provider.read("/v1/statement?reference="+l.order, &found)
	return found
}

func (l *life) context() context.Context { return asService(l.world.t) }

// settle lets the sagas come to their end, and asserts that the books agree. Each saga asks again
// until it knows its outcome, and may have to wait for another one.
func (l *life) settle(t *testing.T) {
	testkit.Eventually(t, "the outcome of each call of order "+l.order, func() bool {
		l.calls = slices.DeleteFunc(l.calls, func(call func() error) bool {
			err := call()
			if status.Code(err) == codes.Unavailable {
				return false
			}
			requireAnswer(t, err)
			return true
		})
		return len(l.calls) == 0
	})
	// What succeeded may fail a moment later, so that all of it is read again until it agrees.
	p := &paid{world: l.world, order: l.order, authorization: l.authorization}
	var differences []string
	agreed := func() bool {
		for _, r := range append(l.statement().Captures, l.statement().Refunds...) {
			if r.Status == "pending" {
				return false
			}
		}
		payment, err := l.store.Payment(t.Context(), l.order)
		require.NoError(t, err)
		entries, err := l.gateway.Statements().Statement(t.Context(), l.order)
		require.NoError(t, err)
		differences = reconcile.Statement(payment, entries)
		folded, ledger, provider := p.balances()
		if !maps.Equal(folded, ledger) || provider != ledger[domain.Provider] {
			differences = append(differences, fmt.Sprintf("the journal has %v, the ledger %v, and the provider owes %d", folded, ledger, provider))
		}
		return len(differences) == 0
	}
	defer func() {
		if len(differences) > 0 {
			t.Logf("order %s: %s", l.order, strings.Join(differences, "; "))
		}
	}()
	testkit.Eventually(t, "journal, ledger and provider to agree on order "+l.order, agreed)
	for _, op := range p.show(l.order).Operations {
		assert.Empty(t, op.Problem)
	}
}

// requireAnswer asserts that a call was done or refused.
func requireAnswer(t *testing.T, err error) {
	t.Helper()
	if _, refused := refusal.As(err); err != nil && !refused {
		require.NoError(t, err)
	}
}
