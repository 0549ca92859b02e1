package actonorder_test

import (
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/orderstest"
)

var voiding = domain.StuckStep{Step: "VoidPayment", Attempts: 5, LastError: "no answer", Service: "payments", Kind: sagas.FailureUnavailable}

const retry = `{"act":"retry","note":"the provider is back"}`

func TestOfTwoOperatorsOneActs(t *testing.T) {
	w := orderstest.Start(t)
	path := "/v1/orders/" + w.Stuck("ann", voiding) + "/acts"
	var statuses [2]int
	var both sync.WaitGroup
	for i, name := range []string{"olga", "otto"} {
		operator := w.As(name, auth.ScopeOperator)
		both.Go(func() {
			statuses[i] = operator.Do(http.MethodPost, path, retry, "Idempotency-Key", "k", "If-Match", `"4"`).Status
		})
	}
	both.Wait()
	assert.ElementsMatch(t, []int{http.StatusAccepted, http.StatusPreconditionFailed}, statuses[:])
}

func TestAnActIsRecordedOnceWithWhoWhenAndWhy(t *testing.T) {
	w := orderstest.Start(t)
	id := w.Stuck("ann", voiding)
	path := "/v1/orders/" + id + "/acts"
	operator := w.As("olga", auth.ScopeOperator)
	first := operator.Do(http.MethodPost, path, retry, "Idempotency-Key", "k", "If-Match", `"4"`)
	require.Equal(t, http.StatusAccepted, first.Status, "%s", first.Body)
	again := operator.Do(http.MethodPost, path, retry, "Idempotency-Key", "k", "If-Match", `"4"`)
	require.Equal(t, http.StatusAccepted, again.Status, "%s", again.Body)
	assert.Equal(t, "true", again.Header.Get("Idempotent-Replayed"))
	other := operator.Do(http.MethodPost, path, `{"act":"retry","note":"another reason"}`, "Idempotency-Key", "k", "If-Match", "*")
	assert.Equal(t, http.StatusUnprocessableEntity, other.Status, "%s", other.Body)

	order, err := w.Orders.Load(t.Context(), id)
	require.NoError(t, err)
	require.Len(t, order.Acts(), 1)
	act := order.Acts()[0]
	assert.Equal(t, w.Subject("olga"), act.By)
	assert.Equal(t, "the provider is back", act.Note)
	assert.False(t, act.At.IsZero())
	assert.Contains(t, string(operator.Get("/v1/orders/"+id+"/timeline").Body), "decided: retry: the provider is back")
	assert.NotContains(t, string(w.As("ann").Get("/v1/orders/"+id+"/timeline").Body), "decided")
}

// The saga is told an act until what came of it is recorded: neither a lost answer nor a lost run
// loses it, and it is not told again afterwards.
func TestAnActIsToldUntilItsEffectIsRecorded(t *testing.T) {
	w := orderstest.Start(t)
	id := w.Stuck("ann", voiding)
	operator := w.As("olga", auth.ScopeOperator)
	answer := operator.Do(http.MethodPost, "/v1/orders/"+id+"/acts", `{"act":"settle","step":"VoidPayment","reference":"auth-7","note":"found it"}`,
		"Idempotency-Key", "k", "If-Match", "*")
	require.Equal(t, http.StatusAccepted, answer.Status, "%s", answer.Body)
	take := func() []*ordersv1.Act {
		taken, err := w.Saga.TakeActs(t.Context(), &ordersv1.TakeActsRequest{Saga: sagas.Placing(id)})
		require.NoError(t, err)
		return taken.GetActs()
	}
	for range 2 {
		acts := take()
		require.Len(t, acts, 1)
		assert.Equal(t, "auth-7", acts[0].GetReference())
		assert.True(t, acts[0].GetOpen())
	}
	other := &commonv1.Saga{OrderId: id, Kind: sagas.KindCancelOrder, Instance: id}
	taken, err := w.Saga.TakeActs(t.Context(), &ordersv1.TakeActsRequest{Saga: other})
	require.NoError(t, err)
	assert.Empty(t, taken.GetActs(), "another saga's")

	_, err = w.Saga.RecordStuck(t.Context(), &ordersv1.RecordStuckRequest{Saga: sagas.Placing(id), Steps: []*ordersv1.StuckStep{
		{Step: "VoidPayment", Attempts: 10, LastError: "still no answer", Service: "payments", Kind: sagas.FailureUnavailable},
	}})
	require.NoError(t, err)
	assert.Empty(t, take())
	order, err := w.Orders.Load(t.Context(), id)
	require.NoError(t, err)
	assert.Equal(t, domain.ActInVain, order.Acts()[0].State)
}

func TestWhatIsNotPossibleIsRefused(t *testing.T) {
	w := orderstest.Start(t)
	operator := w.As("olga", auth.ScopeOperator)
	releasing := w.Stuck("ann", domain.StuckStep{Step: "ReleaseStock", Attempts: 5, LastError: "no answer", Service: "inventory"})
	settled := w.Stuck("ann", voiding)
	require.NoError(t, w.Orders.Update(t.Context(), settled, func(o *domain.Order) error {
		o.Reject(domain.Refused{Reason: "hold_expired"}, nil, o.PlacedAt())
		return nil
	}))
	for name, test := range map[string]struct {
		order, body string
		status      int
	}{
		"a step that others rely on":     {releasing, `{"act":"skip","step":"ReleaseStock","note":"x"}`, http.StatusConflict},
		"no payment":                     {releasing, `{"act":"settle","step":"ReleaseStock","reference":"r","note":"x"}`, http.StatusConflict},
		"another step":                   {releasing, `{"act":"skip","step":"VoidPayment","note":"x"}`, http.StatusConflict},
		"nothing stuck":                  {settled, retry, http.StatusConflict},
		"no such order":                  {"00000000-0000-4000-8000-000000000000", retry, http.StatusNotFound},
		"a step to retry":                {releasing, `{"act":"retry","step":"ReleaseStock","note":"x"}`, http.StatusUnprocessableEntity},
		"a settlement without reference": {releasing, `{"act":"settle","step":"VoidPayment","note":"x"}`, http.StatusUnprocessableEntity},
		"without a reason":               {releasing, `{"act":"retry"}`, http.StatusUnprocessableEntity},
	} {
		answer := operator.Do(http.MethodPost, "/v1/orders/"+test.order+"/acts", test.body, "Idempotency-Key", "k", "If-Match", "*")
		assert.Equal(t, test.status, answer.Status, "%s: %s", name, answer.Body)
	}
	assert.Equal(t, http.StatusForbidden, w.As("ann").Do(http.MethodPost, "/v1/orders/"+releasing+"/acts", retry, "Idempotency-Key", "k", "If-Match", "*").Status)
	assert.Equal(t, http.StatusPreconditionRequired, operator.Do(http.MethodPost, "/v1/orders/"+releasing+"/acts", retry, "Idempotency-Key", "k").Status)
}
