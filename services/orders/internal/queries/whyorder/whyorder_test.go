package whyorder_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/orderstest"
	"github.com/ordersaga/ordersaga/services/orders/internal/runs"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
)

var providerDown = domain.StuckStep{
	Step: "VoidPayment", Attempts: 5, LastError: "dial tcp 10.0.0.7", Service: "payments", Kind: sagas.FailureUnavailable, TraceID: "4bf92f3577b34da6a3ce929d0e0e4736",
}

func TestWhyNamesWhatIsStuckAndWhatAnOperatorCanDo(t *testing.T) {
	w := orderstest.Start(t)
	id := w.Stuck("ann", providerDown)
	path := "/v1/orders/" + id + "/why"
	why := explained(t, w.As("op", auth.ScopeOperator).Get(path))

	assert.Contains(t, why.Text, "place-order is stuck in VoidPayment after 5 attempts: payments says that something it needs does not work")
	assert.Contains(t, why.Text, "It undoes what it did: the hold has run out.")
	require.Len(t, why.Steps, 1)
	assert.Equal(t, "payments", why.Steps[0].Service)
	assert.Equal(t, "4bf92f3577b34da6a3ce929d0e0e4736", why.Steps[0].TraceID)
	effects := map[string]string{}
	for _, act := range why.Acts {
		require.True(t, act.Allowed, act.Name)
		effects[act.Name] = act.Effect
	}
	assert.Equal(t, "voids £10.00 now", effects["retry"])
	assert.Contains(t, effects["skip"], "the shopper's money stays held")
	assert.Contains(t, effects["settle"], "if it agrees")

	ann := w.As("ann").Get(path)
	require.Equal(t, http.StatusOK, ann.Status, "%s", ann.Body)
	assert.Contains(t, string(ann.Body), "Your order is delayed")
	for _, inside := range []string{"10.0.0.7", "VoidPayment", "payments", "place-order"} {
		assert.NotContains(t, string(ann.Body), inside)
	}
	assert.Equal(t, http.StatusNotFound, w.As("bob").Get(path).Status)
}

func TestWhyNamesTroublesThatTheSagaCannotReport(t *testing.T) {
	w := orderstest.Start(t)
	operator := w.As("op", auth.ScopeOperator)
	id := w.Stuck("ann", providerDown)
	why := explained(t, operator.Get("/v1/orders/"+id+"/why"))
	assert.Equal(t, runs.NoRun, why.Problem)
	assert.Contains(t, why.Text, "No workflow runs for it")

	w.Occupy(id, "StrangeSaga")
	why = explained(t, operator.Get("/v1/orders/"+id+"/why"))
	assert.Equal(t, runs.NoWorker, why.Problem, "nobody polls this test's task queue")

	require.NoError(t, w.Temporal.TerminateWorkflow(t.Context(), sagas.WorkflowID(id), "", "test"))
	why = explained(t, operator.Get("/v1/orders/"+id+"/why"))
	assert.Equal(t, runs.NoRun, why.Problem)
	assert.Equal(t, "terminated", why.Run.State)
	assert.Contains(t, why.Next.Text, "ordersaga recover")
}

func explained(t *testing.T, answer *orderstest.Answer) (why view.Why) {
	t.Helper()
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	answer.Read(&why)
	return why
}
