package placeorder_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/platform/testkit/netfault"
	"github.com/ordersaga/ordersaga/services/orders/internal/commands/placeorder"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/orderstest"
)

const problems = "https://ordersaga.dev/problems/"

func TestAConfirmedOrderIs201AndItsReplayTheSame(t *testing.T) {
	w := orderstest.Start(t)
	w.Work()
	ann := w.As("ann")

	first := ann.Place("k", orderstest.BodyPaidBy(orderstest.Confirm))
	require.Equal(t, http.StatusCreated, first.Status, string(first.Body))
	order := first.Order()
	require.Equal(t, "confirmed", order.Status)
	require.Equal(t, "authorized", order.PaymentStatus)
	require.EqualValues(t, 4*250+390, order.Total.Amount)
	require.Equal(t, "Product TEA", order.Lines[0].Name)
	require.Equal(t, "/v1/orders/"+order.ID, first.Header.Get("Location"))
	require.Equal(t, `"6"`, first.Header.Get("ETag"))
	require.Empty(t, first.Header.Get("Idempotent-Replayed"))
	require.Equal(t, placeorder.OrderID(w.Subject("ann"), "k"), order.ID)

	quoted, run := w.Catalog.Quoted(), w.RunID(order.ID)
	w.Catalog.Price("TEA", 999)
	again := ann.Place("k", orderstest.BodyPaidBy(orderstest.Confirm))
	require.Equal(t, http.StatusCreated, again.Status)
	require.Equal(t, string(first.Body), string(again.Body))
	require.Equal(t, "true", again.Header.Get("Idempotent-Replayed"))
	require.Equal(t, first.Header.Get("Location"), again.Header.Get("Location"))
	require.Equal(t, quoted, w.Catalog.Quoted(), "a replay is not quoted")
	require.Equal(t, run, w.RunID(order.ID), "a replay starts nothing")
}

func TestTheSameKeyWithAnotherBodyIsRefusedHoweverFarTheOrderIs(t *testing.T) {
	w := orderstest.Start(t)
	w.Work()
	ann := w.As("ann")
	other := strings.Replace(orderstest.Body, `"quantity":4`, `"quantity":5`, 1)

	for _, method := range []string{orderstest.Confirm, orderstest.HoldAtStart, orderstest.Hold} {
		t.Run(method, func(t *testing.T) {
			answer := ann.Place(method, orderstest.BodyPaidBy(method), "Prefer", "wait=1")
			require.Contains(t, []int{http.StatusCreated, http.StatusAccepted}, answer.Status)
			for _, prefer := range []string{"wait=10", "respond-async"} {
				answer := ann.Place(method, other, "Prefer", prefer)
				require.Equal(t, http.StatusUnprocessableEntity, answer.Status, "%s: %s", prefer, answer.Body)
				require.Equal(t, problems+"request-mismatch", answer.Problem().Type)
			}
		})
	}
}

func TestTheSameKeyOfAnotherCustomerIsAnotherOrder(t *testing.T) {
	w := orderstest.Start(t)
	w.Work()
	ann, bob := w.As("ann").Place("k", orderstest.Body), w.As("bob").Place("k", orderstest.Body)
	require.Equal(t, http.StatusCreated, ann.Status)
	require.Equal(t, http.StatusCreated, bob.Status)
	require.NotEqual(t, ann.Order().ID, bob.Order().ID)
}

func TestARejectedOrderIsAProblemWithWhatTheCustomerNeeds(t *testing.T) {
	w := orderstest.Start(t)
	w.Work()
	ann := w.As("ann")
	for i, replayed := range []string{"", "true"} {
		answer := ann.Place("k", orderstest.BodyPaidBy(orderstest.Reject))
		require.Equal(t, http.StatusUnprocessableEntity, answer.Status)
		require.Equal(t, "application/problem+json", answer.Header.Get("Content-Type"))
		require.Equal(t, replayed, answer.Header.Get("Idempotent-Replayed"), "time %d", i+1)
		problem := answer.Problem()
		require.Equal(t, problems+"out-of-stock", problem.Type)
		require.Equal(t, "Not enough of TEA.", problem.Detail)
		require.Equal(t, []any{map[string]any{"sku": "TEA", "requested": 4.0, "available": 3.0}}, problem.Extra["shortages"])
		id := placeorder.OrderID(w.Subject("ann"), "k")
		require.Equal(t, id, problem.Extra["order_id"])
		require.Equal(t, "/v1/orders/"+id, problem.Extra["order"])
		require.Equal(t, "/v1/orders/"+id, answer.Header.Get("Location"))
	}
}

func TestACancelledOrderIsAConflict(t *testing.T) {
	w := orderstest.Start(t)
	w.Work()
	answer := w.As("ann").Place("k", orderstest.BodyPaidBy(orderstest.Cancel))
	require.Equal(t, http.StatusConflict, answer.Status)
	require.Equal(t, problems+"cancelled", answer.Problem().Type)
	shown := w.As("ann").Get(answer.Header.Get("Location")).Order()
	require.Equal(t, "cancelled", shown.Status)
	require.Equal(t, "voided", shown.PaymentStatus)
}

func TestRespondAsyncDoesNotWait(t *testing.T) {
	w := orderstest.Start(t) // nobody works
	ann := w.As("ann")
	answer := ann.Place("k", orderstest.Body, "Prefer", "respond-async")
	require.Equal(t, http.StatusAccepted, answer.Status, string(answer.Body))
	require.Equal(t, "respond-async", answer.Header.Get("Preference-Applied"))
	order := answer.Order()
	require.Equal(t, "/v1/orders/"+order.ID, answer.Header.Get("Location"))
	require.Equal(t, "placed", order.Status)
	require.EqualValues(t, 1390, order.Total.Amount)
	require.Equal(t, `"2"`, answer.Header.Get("ETag"))
	require.Equal(t, string(answer.Body), string(ann.Get("/v1/orders/"+order.ID).Body))

	again := ann.Place("k", orderstest.Body, "Prefer", "respond-async")
	require.Equal(t, http.StatusAccepted, again.Status, "before anybody works on it: %s", again.Body)

	w.Work()
	done := ann.Place("k", orderstest.Body)
	require.Equal(t, http.StatusCreated, done.Status, string(done.Body))
	require.Equal(t, order.ID, done.Order().ID)
}

func TestAWaitThatIsOverIs202(t *testing.T) {
	w := orderstest.Start(t)
	w.Work()
	ann := w.As("ann")
	for _, method := range []string{orderstest.HoldAtStart, orderstest.Hold} {
		t.Run(method, func(t *testing.T) {
			id := placeorder.OrderID(w.Subject("ann"), method)
			answer := ann.Place(method, orderstest.BodyPaidBy(method), "Prefer", "wait=1")
			require.Equal(t, http.StatusAccepted, answer.Status, string(answer.Body))
			require.Equal(t, "wait=1", answer.Header.Get("Preference-Applied"))
			require.Equal(t, "/v1/orders/"+id, answer.Header.Get("Location"))
			require.Equal(t, "placed", answer.Order().Status)

			run := w.RunID(id)
			w.Continue(id)
			done := ann.Place(method, orderstest.BodyPaidBy(method))
			require.Equal(t, http.StatusCreated, done.Status, string(done.Body))
			require.Equal(t, run, w.RunID(id), "the second caller joins the first one's run")
		})
	}
}

func TestEveryoneWhoWaitsForAStuckSagaIsToldSo(t *testing.T) {
	w := orderstest.Start(t)
	w.Work()
	for i, prefer := range []string{"respond-async", "wait=50", "wait=50"} {
		asked := time.Now()
		answer := w.As("ann").Place("k", orderstest.BodyPaidBy(orderstest.Stuck), "Prefer", prefer)
		require.Equal(t, http.StatusAccepted, answer.Status, string(answer.Body))
		require.Less(t, time.Since(asked), 40*time.Second, "time %d: not after the whole wait", i+1)
	}
	w.Continue(placeorder.OrderID(w.Subject("ann"), "k"))
}

func TestManyCallersWithOneKeyGetOneOrder(t *testing.T) {
	w := orderstest.Start(t)
	w.Work()
	ann := w.As("ann")
	answers := make([]*orderstest.Answer, 20)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() { answers[i] = ann.Place("k", orderstest.Body) })
	}
	all.Wait()
	first := 0
	for _, answer := range answers {
		require.Equal(t, http.StatusCreated, answer.Status, string(answer.Body))
		require.Equal(t, string(answers[0].Body), string(answer.Body))
		if answer.Header.Get("Idempotent-Replayed") == "" {
			first++
		}
	}
	require.Equal(t, 1, first, "one of them placed the order")
	history, err := w.Orders.History(t.Context(), placeorder.OrderID(w.Subject("ann"), "k"))
	require.NoError(t, err)
	require.Len(t, history, 6)
}

func TestAnOrderIsNotPlacedAtAnUnexpectedPrice(t *testing.T) {
	w := orderstest.Start(t)
	w.Work()
	ann := w.As("ann")
	body := strings.TrimSuffix(orderstest.Body, "}") + `,"expected_total":{"amount":1390,"currency":"GBP"}}`

	w.Catalog.Price("TEA", 300)
	answer := ann.Place("k", body)
	require.Equal(t, http.StatusConflict, answer.Status)
	require.Equal(t, problems+"price-changed", answer.Problem().Type)
	require.Equal(t, map[string]any{"amount": 1590.0, "currency": "GBP"}, answer.Problem().Extra["total"])
	require.Empty(t, w.RunID(placeorder.OrderID(w.Subject("ann"), "k")), "nothing was started")

	w.Catalog.Price("TEA", 250)
	require.Equal(t, http.StatusCreated, ann.Place("k", body).Status, "the key was not used up")
}

func TestTheCatalogsRefusalsReachTheCustomer(t *testing.T) {
	w := orderstest.Start(t)
	answer := w.As("ann").Place("k", strings.Replace(orderstest.Body, "TEA", "NO-SUCH", 1))
	require.Equal(t, http.StatusUnprocessableEntity, answer.Status)
	require.Equal(t, problems+"unknown-product", answer.Problem().Type)
	require.Equal(t, []any{"NO-SUCH"}, answer.Problem().Extra["skus"])
}

func TestWithoutTemporalAnOrderIsAcceptedAndTheSameRequestStartsItLater(t *testing.T) {
	address, _ := testkit.Temporal(t)
	line := netfault.New(t, "tcp://"+address)
	w := orderstest.Start(t, orderstest.TemporalBy(strings.TrimPrefix(line.URL(), "tcp://")))
	w.Work()
	ann := w.As("ann")
	id := placeorder.OrderID(w.Subject("ann"), "k")

	line.Cut()
	for _, prefer := range []string{"wait=1", "respond-async"} {
		answer := ann.Place("k", orderstest.Body, "Prefer", prefer)
		require.Equal(t, http.StatusServiceUnavailable, answer.Status, "%s: %s", prefer, answer.Body)
		require.Equal(t, "1", answer.Header.Get("Retry-After"))
		require.Contains(t, answer.Problem().Detail, "same Idempotency-Key")
	}
	require.Empty(t, w.RunID(id))
	require.Equal(t, "placed", ann.Get("/v1/orders/"+id).Order().Status)

	w.Catalog.Withdraw("TEA")
	line.Mend()
	var answer *orderstest.Answer
	testkit.Eventually(t, "the service to reach Temporal again", func() bool {
		answer = ann.Place("k", orderstest.Body)
		return answer.Status == http.StatusCreated
	})
	require.EqualValues(t, 1390, answer.Order().Total.Amount, "as it was accepted")
	require.Equal(t, "true", answer.Header.Get("Idempotent-Replayed"))

	line.Cut()
	again := ann.Place("k", orderstest.Body)
	require.Equal(t, http.StatusCreated, again.Status, "what is settled is answered without Temporal")
}

// The process ends between the acceptance and the start, and the customer does not come back: the
// sweep finds the saga without a run and turns it back.
func TestAnOrderThatWasAcceptedAndNotStartedCanBeTurnedBack(t *testing.T) {
	address, _ := testkit.Temporal(t)
	line := netfault.New(t, "tcp://"+address)
	w := orderstest.Start(t, orderstest.TemporalBy(strings.TrimPrefix(line.URL(), "tcp://")))
	ann := w.As("ann")
	id := placeorder.OrderID(w.Subject("ann"), "k")
	line.Cut()
	require.Equal(t, http.StatusServiceUnavailable, ann.Place("k", orderstest.Body, "Prefer", "wait=1").Status)
	line.Mend()

	resumed, err := w.Saga.RecordResumed(t.Context(), &ordersv1.RecordResumedRequest{Saga: sagas.Placing(id)})
	require.NoError(t, err)
	why := resumed.GetDirection().GetTurnedBack()
	require.Equal(t, refusals.Interrupted, why.GetReason())
	_, err = w.Saga.RecordRejected(t.Context(), &ordersv1.RecordRejectedRequest{Saga: sagas.Placing(id), Why: why})
	require.NoError(t, err)
	answer := ann.Place("k", orderstest.Body)
	require.Equal(t, http.StatusUnprocessableEntity, answer.Status, string(answer.Body))
	require.Equal(t, problems+"interrupted", answer.Problem().Type)
	require.Empty(t, w.RunID(id), "what has ended is not started")
}

// Nobody works on the order yet. The shopper repeats the request, as she was told to; meanwhile the
// catalog has changed.
func TestEveryAnswerAboutAKeyIsWhatWasAccepted(t *testing.T) {
	expecting := strings.Replace(orderstest.Body, "{", `{"expected_total":{"amount":1390,"currency":"GBP"},`, 1)
	for name, test := range map[string]struct {
		body   string
		change func(*orderstest.Catalog)
	}{
		"the price moved":                       {orderstest.Body, func(c *orderstest.Catalog) { c.Price("TEA", 100) }},
		"the price moved and she expects a sum": {expecting, func(c *orderstest.Catalog) { c.Price("TEA", 300) }},
		"the product was withdrawn":             {orderstest.Body, func(c *orderstest.Catalog) { c.Withdraw("TEA") }},
	} {
		t.Run(name, func(t *testing.T) {
			w := orderstest.Start(t)
			ann := w.As("ann")
			for i, prefer := range []string{"respond-async", "respond-async", "wait=1"} {
				answer := ann.Place("k", test.body, "Prefer", prefer)
				require.Equal(t, http.StatusAccepted, answer.Status, "time %d: %s", i+1, answer.Body)
				require.EqualValues(t, 1390, answer.Order().Total.Amount, "time %d", i+1)
				shown := ann.Get(answer.Header.Get("Location"))
				require.Equal(t, http.StatusOK, shown.Status)
				require.Equal(t, string(answer.Body), string(shown.Body), "at Location")
				test.change(w.Catalog)
			}
			other := ann.Place("k", strings.Replace(test.body, `"quantity":4`, `"quantity":5`, 1), "Prefer", "respond-async")
			require.Equal(t, http.StatusUnprocessableEntity, other.Status, string(other.Body))
			require.Equal(t, problems+"request-mismatch", other.Problem().Type)

			w.Work()
			answer := ann.Place("k", test.body)
			require.Equal(t, http.StatusCreated, answer.Status, string(answer.Body))
			require.EqualValues(t, 1390, answer.Order().Total.Amount)
		})
	}
}

// Another request with the key is accepted while this one is being quoted.
func TestARefusedQuoteDoesNotAnswerForAnOrderThatWasAcceptedMeanwhile(t *testing.T) {
	w := orderstest.Start(t)
	w.Work()
	ann := w.As("ann")
	var first *orderstest.Answer
	w.Catalog.Meanwhile(func() {
		first = ann.Place("k", orderstest.Body)
		w.Catalog.Withdraw("TEA")
	})
	second := ann.Place("k", orderstest.Body)
	require.Equal(t, http.StatusCreated, first.Status, string(first.Body))
	require.Equal(t, http.StatusCreated, second.Status, string(second.Body))
	require.Equal(t, string(first.Body), string(second.Body))
}

func TestACustomerWhoHangsUpHasPlacedTheOrder(t *testing.T) {
	address, _ := testkit.Temporal(t)
	line := netfault.New(t, "tcp://"+address)
	w := orderstest.Start(t, orderstest.TemporalBy(strings.TrimPrefix(line.URL(), "tcp://")))
	ann := w.As("ann")
	id := placeorder.OrderID(w.Subject("ann"), "k")
	require.Equal(t, http.StatusAccepted, ann.Place("first", orderstest.Body, "Prefer", "respond-async").Status)
	line.Cut() // so that she hangs up before the start
	ctx, hangUp := context.WithCancel(t.Context())
	var placing sync.WaitGroup
	placing.Go(func() { ann.Abandon(ctx, "k", orderstest.Body) })
	testkit.Eventually(t, "the order to be accepted", func() bool { return ann.Get("/v1/orders/"+id).Status == http.StatusOK })
	hangUp()
	placing.Wait()
	line.Mend()
	testkit.Eventually(t, "the run to be started", func() bool { return w.RunID(id) != "" })
	w.Work()
	require.Equal(t, http.StatusCreated, ann.Place("k", orderstest.Body).Status)
}

// Whether the saga runs cannot be known, that it was accepted can.
func TestALostAnswerOfARunningSagaIsNotSaidToBeOnItsWayAndTheSameRequestFindsIt(t *testing.T) {
	address, _ := testkit.Temporal(t)
	line := netfault.New(t, "tcp://"+address)
	w := orderstest.Start(t, orderstest.TemporalBy(strings.TrimPrefix(line.URL(), "tcp://")))
	w.Work()
	ann := w.As("ann")
	for _, method := range []string{orderstest.HoldAtStart, orderstest.Hold} {
		id, body := placeorder.OrderID(w.Subject("ann"), method), orderstest.BodyPaidBy(method)
		var answer *orderstest.Answer
		var placing sync.WaitGroup
		placing.Go(func() { answer = ann.Place(method, body, "Prefer", "wait=10") })
		testkit.Eventually(t, "the run to be started", func() bool { return w.RunID(id) != "" })
		line.Cut()
		placing.Wait()
		require.Equal(t, http.StatusServiceUnavailable, answer.Status, string(answer.Body))
		require.Equal(t, "placed", ann.Get("/v1/orders/"+id).Order().Status)

		run := w.RunID(id)
		w.Continue(id)
		line.Mend()
		testkit.Eventually(t, "the same request to find its order", func() bool {
			return ann.Place(method, body).Status == http.StatusCreated
		})
		require.Equal(t, run, w.RunID(id))
	}
}

func TestAnOrderWhoseRunEndedBeforeItsFirstStepStaysOnItsWay(t *testing.T) {
	w := orderstest.Start(t)
	w.Work()
	ann := w.As("ann")
	id := placeorder.OrderID(w.Subject("ann"), "k")
	var run string
	for _, prefer := range []string{"wait=10", "wait=10", "respond-async"} {
		answer := ann.Place("k", orderstest.BodyPaidBy(orderstest.Vanish), "Prefer", prefer)
		require.Equal(t, http.StatusAccepted, answer.Status, string(answer.Body))
		if run == "" {
			run = w.RunID(id)
		}
		require.Equal(t, run, w.RunID(id), "a run that has closed is not followed by another; the sweep ends the order")
	}
	answer := ann.Place("k", orderstest.Body)
	require.Equal(t, http.StatusUnprocessableEntity, answer.Status, "another body")
	require.Equal(t, problems+"request-mismatch", answer.Problem().Type)
}

func TestAnOrderWhoseRunWasTerminatedStaysOnItsWay(t *testing.T) {
	w := orderstest.Start(t)
	w.Work()
	ann := w.As("ann")
	id := placeorder.OrderID(w.Subject("ann"), "k")
	body := orderstest.BodyPaidBy(orderstest.Hold)
	require.Equal(t, http.StatusAccepted, ann.Place("k", body, "Prefer", "wait=1").Status)
	require.NoError(t, w.Temporal.TerminateWorkflow(t.Context(), "order-"+id, "", "test"))

	answer := ann.Place("k", body)
	require.Equal(t, http.StatusAccepted, answer.Status, string(answer.Body))
	require.Equal(t, "true", answer.Header.Get("Idempotent-Replayed"))
	require.Equal(t, "placed", answer.Order().Status)
}

func TestAnOrderThatAnotherWorkflowWorksOnIsOnItsWay(t *testing.T) {
	w := orderstest.Start(t)
	w.Work()
	for _, other := range []string{"OtherSaga", "StrangeSaga"} {
		id := placeorder.OrderID(w.Subject("ann"), other)
		w.Occupy(id, other)
		answer := w.As("ann").Place(other, orderstest.Body, "Prefer", "wait=1")
		require.Equal(t, http.StatusAccepted, answer.Status, string(answer.Body))
		require.Equal(t, "/v1/orders/"+id, answer.Header.Get("Location"))
	}
}

func TestAServerThatStopsTellsWhoWaits(t *testing.T) {
	w := orderstest.Start(t)
	w.Work()
	var answer *orderstest.Answer
	var placing sync.WaitGroup
	ann := w.As("ann")
	placing.Go(func() { answer = ann.Place("k", orderstest.BodyPaidBy(orderstest.Hold), "Prefer", "wait=50") })
	testkit.Eventually(t, "the order to be recorded", func() bool {
		order, err := w.Orders.Load(t.Context(), placeorder.OrderID(w.Subject("ann"), "k"))
		return err == nil && order.Placed()
	})
	w.StopREST()
	placing.Wait()
	require.Equal(t, http.StatusAccepted, answer.Status, string(answer.Body))
}

func TestAnOrderThatWasRejectedBeforeItWasRecordedIsAnswered(t *testing.T) {
	w := orderstest.Start(t)
	id := placeorder.OrderID(w.Subject("ann"), "k")
	require.NoError(t, w.Orders.Update(t.Context(), id, func(o *domain.Order) error {
		o.Reject(domain.Refused{Reason: "step_timed_out", Message: "too late"}, nil, o.PlacedAt())
		return nil
	}))
	answer := w.As("ann").Place("k", orderstest.Body)
	require.Equal(t, http.StatusUnprocessableEntity, answer.Status)
	require.Equal(t, problems+"step-timed-out", answer.Problem().Type)
	require.Equal(t, http.StatusNotFound, w.As("ann").Get("/v1/orders/"+id).Status, "it has no owner")
	require.Equal(t, http.StatusOK, w.As("op", auth.ScopeOperator).Get("/v1/orders/"+id).Status)
}

func TestWhatIsNoOrderIsRefused(t *testing.T) {
	w := orderstest.Start(t)
	ann := w.As("ann")
	for name, test := range map[string]struct {
		body    string
		headers []string
		status  int
		problem string
	}{
		"no key":            {orderstest.Body, nil, 400, "missing-header"},
		"empty key":         {orderstest.Body, []string{"Idempotency-Key", ""}, 400, "missing-header"},
		"key not printable": {orderstest.Body, []string{"Idempotency-Key", "schlüssel"}, 400, "invalid-idempotency-key"},
		"key too long":      {orderstest.Body, []string{"Idempotency-Key", strings.Repeat("k", 256)}, 400, "invalid-idempotency-key"},
		"unknown field":     {strings.Replace(orderstest.Body, "{", `{"price":1,`, 1), key, 422, "validation-failed"},
		"unknown in a line": {strings.Replace(orderstest.Body, `{"sku"`, `{"unit_price":1,"sku"`, 1), key, 422, "validation-failed"},
		"no lines":          {`{"currency":"GBP","lines":[],"payment_method":"x"}`, key, 422, "validation-failed"},
		"null lines":        {`{"currency":"GBP","lines":null,"payment_method":"x"}`, key, 422, "validation-failed"},
		"1001 lines":        {lines(1001), key, 422, "validation-failed"},
		"quantity zero":     {strings.Replace(orderstest.Body, ":4", ":0", 1), key, 422, "validation-failed"},
		"quantity too big":  {strings.Replace(orderstest.Body, ":4", ":100001", 1), key, 422, "validation-failed"},
		"half a unit":       {strings.Replace(orderstest.Body, ":4", ":0.5", 1), key, 422, "validation-failed"},
		"currency":          {strings.Replace(orderstest.Body, "GBP", "pounds", 1), key, 422, "validation-failed"},
		"other currency":    {strings.TrimSuffix(orderstest.Body, "}") + `,"expected_total":{"amount":1,"currency":"EUR"}}`, key, 422, "validation-failed"},
		"payment by words":  {orderstest.BodyPaidBy("card approve"), key, 422, "validation-failed"},
		"by no ASCII":       {orderstest.BodyPaidBy("kärte"), key, 422, "validation-failed"},
		"by nothing":        {orderstest.BodyPaidBy(""), key, 422, "validation-failed"},
		"by 201 characters": {orderstest.BodyPaidBy(strings.Repeat("c", 201)), key, 422, "validation-failed"},
		"not JSON":          {"{", key, 400, "malformed-json"},
		"a blank method":    {orderstest.BodyPaidBy(" "), key, 422, "validation-failed"},
		"a wide blank":      {orderstest.BodyPaidBy("\u3000"), key, 422, "validation-failed"},
		"a card number":     {orderstest.BodyPaidBy("4111111111111111"), key, 422, "validation-failed"},
		"a card, in groups": {orderstest.BodyPaidBy("4111-1111-1111-1111"), key, 422, "validation-failed"},
	} {
		t.Run(name, func(t *testing.T) {
			answer := ann.Do(http.MethodPost, "/v1/orders", test.body, test.headers...)
			require.Equal(t, test.status, answer.Status, string(answer.Body))
			require.Equal(t, problems+test.problem, answer.Problem().Type)
			require.NotContains(t, string(answer.Body), "1111", "a card number is not repeated")
		})
	}
	require.Zero(t, w.Catalog.Quoted())
}

func TestAThousandLinesAreOneOrder(t *testing.T) {
	w := orderstest.Start(t)
	w.Work()
	answer := w.As("ann").Place("k", lines(1000))
	require.Equal(t, http.StatusCreated, answer.Status, string(answer.Body))
	require.Len(t, answer.Order().Lines, 1000)
}

var key = []string{"Idempotency-Key", "k"}

func lines(n int) string {
	return `{"currency":"GBP","payment_method":"confirm","lines":[` +
		strings.TrimSuffix(strings.Repeat(`{"sku":"TEA","quantity":1},`, n), ",") + `]}`
}

// Somebody who tries stolen cards, or fills the shop with orders, is bounded; nobody else notices.
func TestACustomerAtALimitIsToldWhenToTryAgain(t *testing.T) {
	w := orderstest.Start(t, orderstest.WithLimits(placeorder.Limits{OpenOrders: 2, Declines: 2})) // nobody works
	ann := w.As("ann")
	for _, key := range []string{"1", "2"} {
		answer := ann.Place(key, orderstest.Body, "Prefer", "respond-async")
		require.Equal(t, http.StatusAccepted, answer.Status, string(answer.Body))
	}
	limited := func(reason, retryAfter string) {
		t.Helper()
		testkit.Eventually(t, "the customer to be limited: "+reason, func() bool {
			// A product that nobody sells: whether it is limited is asked before the prices are.
			answer := ann.Place("3", strings.Replace(orderstest.Body, "TEA", "NOSUCH", 1), "Prefer", "respond-async")
			return answer.Status == http.StatusTooManyRequests && answer.Problem().Type == problems+reason &&
				answer.Header.Get("Retry-After") == retryAfter
		})
	}
	limited("too-many-open-orders", "5")
	again := ann.Place("1", orderstest.Body, "Prefer", "respond-async")
	require.Equal(t, http.StatusAccepted, again.Status, "what was accepted is answered: %s", again.Body)
	other := w.As("bob").Place("1", orderstest.Body, "Prefer", "respond-async")
	require.Equal(t, http.StatusAccepted, other.Status, string(other.Body))

	for _, key := range []string{"1", "2"} {
		_, err := w.Saga.RecordRejected(t.Context(), &ordersv1.RecordRejectedRequest{
			Saga: sagas.Placing(placeorder.OrderID(w.Subject("ann"), key)), Why: &commonv1.Refusal{Reason: refusals.PaymentDeclined, Message: "declined"},
		})
		require.NoError(t, err)
	}
	limited("too-many-declines", "600")
	require.Equal(t, http.StatusAccepted, w.As("bob").Place("2", orderstest.Body, "Prefer", "respond-async").Status)
}
