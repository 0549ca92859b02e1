package matrix_test

import (
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/test/shop"
	"github.com/ordersaga/ordersaga/workflows/record"
)

// request is something that is asked of a confirmed order.
type request struct {
	// collection is the part of its path after the order's: cancellations, shipments or refunds.
	collection string
	body       map[string]any
}

func cancels(units int64) request {
	return request{"cancellations", withUnits(units, "reason", "customer")}
}

// with adds a member to the request's body.
func (asked request) with(member string, value any) request {
	body := maps.Clone(asked.body)
	body[member] = value
	return request{asked.collection, body}
}

func (asked request) withFee(amount int64) request { return asked.with("fee", money(amount)) }

func (asked request) writingOff() request { return asked.with("stock", "write_off") }

func ships(units int64) request { return request{"shipments", withUnits(units)} }

func refunds(amount int64) request {
	return request{"refunds", map[string]any{"reason": "late", "amount": money(amount)}}
}

func money(amount int64) map[string]any { return map[string]any{"amount": amount, "currency": "GBP"} }

// withUnits is the body of a request for units of line 1, with other members.
func withUnits(units int64, members ...string) map[string]any {
	body := map[string]any{"lines": []any{map[string]any{"line": 1, "quantity": units}}}
	for i := 0; i+1 < len(members); i += 2 {
		body[members[i]] = members[i+1]
	}
	return body
}

// workflowsOf are the sagas of requests, by collection.
var workflowsOf = map[string]struct{ workflow, kind string }{
	"cancellations": {sagas.CancelOrder, sagas.KindCancelOrder},
	"shipments":     {sagas.ShipOrder, sagas.KindShipOrder},
	"refunds":       {sagas.RefundOrder, sagas.KindRefundOrder},
}

// begun is a request whose saga the order has recorded.
type begun struct {
	workflow string
	saga     *commonv1.Saga
	input    proto.Message
	path     string
}

func (r *run) id() string { return r.input.GetPlacement().GetOrderId() }

// post asks for something as an operator.
func (r *run) post(asked request) shop.Answer {
	r.t.Helper()
	return r.Operator().Post(shop.Orders, "/v1/orders/"+r.id()+"/"+asked.collection, asked.body,
		"Idempotency-Key", uuid.NewString(), "If-Match", "*", "Prefer", "respond-async")
}

// begins has the order record a request, and returns the saga's workflow with the input that the
// service started it with.
func (r *run) begins(asked request) begun {
	r.t.Helper()
	answer := r.post(asked)
	require.Equal(r.t, http.StatusAccepted, answer.Status, "%s", answer)
	// The shop has no worker: without this, the workflow that the service started would hold the
	// order's workflow id for ever.
	_ = r.temporal.TerminateWorkflow(r.t.Context(), sagas.WorkflowID(r.id()), "", "the saga runs in the test")
	of := workflowsOf[asked.collection]
	b := begun{
		workflow: of.workflow, path: answer.Header.Get("Location"),
		saga: &commonv1.Saga{OrderId: r.id(), Kind: of.kind, Instance: answer.Field("id").(string)},
	}
	kept, err := ordersv1.NewOrdersServiceClient(r.orders).RecordResumed(r.t.Context(), &ordersv1.RecordResumedRequest{Saga: b.saga})
	require.NoError(r.t, err)
	b.input = record.Order{}.Input(kept)
	require.NotNil(r.t, b.input, "the order keeps the input of its saga")
	return b
}

// carriesOut runs the saga of a request to its outcome.
func (r *run) carriesOut(b begun, f fault) *commonv1.Outcome {
	r.t.Helper()
	return r.executes(f, b.saga.GetKind(), b.workflow, b.input)
}

// does asks for something and carries it out.
func (r *run) does(asked request) *commonv1.Outcome {
	r.t.Helper()
	return r.carriesOut(r.begins(asked), nil)
}

// resumes carries a request out after a first run was lost behind a call.
func (r *run) resumes(b begun, call string) *commonv1.Outcome {
	r.t.Helper()
	require.True(r.t, r.losesATask(b.saga.GetKind(), b.workflow, b.input, call), "%s was called", call)
	return r.carriesOut(b.again(), nil)
}

// again is the workflow that the sweep starts for a saga without a run.
func (b begun) again() begun {
	b.workflow, b.input = sagas.ResumeOrder, &commonv1.SagaRun{Saga: b.saga}
	return b
}

// called are the activities of the last saga, sorted.
func (r *run) called() []string { return slices.Sorted(maps.Keys(r.attempts)) }

// books are where an order's units and money are, in minor units.
type books struct {
	Shipped, Cancelled       int64
	WrittenOff               int64 // of the cancelled
	Captured, Refunded, Open int64
	// Fees are kept of what was captured.
	Fees int64
	// Prepaid was captured for units that are not shipped, Owed is of refunds that failed.
	Prepaid, Owed int64
}

// booksOf returns what the order says, after it was compared with what the other services and the
// provider say.
func (r *run) booksOf() (ours books) {
	t := r.t
	t.Helper()
	var order struct {
		Status string
		Lines  []struct {
			SKU                          string
			Quantity, Cancelled, Shipped int64
		}
		Captured, Refunded, Fees struct{ Amount int64 }
	}
	answer := r.Operator().Get(shop.Orders, "/v1/orders/"+r.id())
	require.NoError(t, answer.Into(&order))
	for _, line := range order.Lines {
		ours.Shipped += line.Shipped
		ours.Cancelled += line.Cancelled
		stock := r.Stock(line.SKU)
		gone := units - line.Shipped - stock.OnHand
		ours.WrittenOff += gone
		assert.Equal(t, r.movedOf(line.SKU, "write_off"), gone, "what was shipped or written off has left, and nothing else: %s", line.SKU)
		assert.Equal(t, line.Quantity-line.Shipped-line.Cancelled, stock.Reserved, "what is neither shipped nor cancelled is reserved: %s", line.SKU)
	}
	ours.Captured, ours.Refunded, ours.Fees = order.Captured.Amount, order.Refunded.Amount, order.Fees.Amount

	var ledger struct {
		Balances []struct {
			Account string
			Amount  int64
		}
		Prepaid int64
		Debts   []struct{ Amount int64 }
	}
	require.NoError(t, r.Operator().Get(shop.Orders, "/v1/orders/"+r.id()+"/ledger").Into(&ledger))
	balances, sum := map[string]int64{}, int64(0)
	for _, balance := range ledger.Balances {
		balances[balance.Account] = balance.Amount
		sum += balance.Amount
	}
	ours.Open, ours.Prepaid = balances["held"], ledger.Prepaid
	for _, debt := range ledger.Debts {
		ours.Owed += debt.Amount
	}
	assert.Zero(t, sum, "every entry is balanced")
	assert.Equal(t, ours.Captured-ours.Refunded, balances["provider"], "what the provider owes")
	assert.Equal(t, -ours.Prepaid-ours.Owed, balances["customer"], "what is owed to the shopper is prepaid or a listed debt")
	assert.Equal(t, -ours.Fees, balances["fees"], "what is kept is booked")
	if order.Status == sagas.StatusCancelled {
		assert.Equal(t, ours.Fees, ours.Captured-ours.Refunded-ours.Owed, "cancelled: the fee is charged, and nothing else")
		assert.Zero(t, ours.Open, "cancelled: nothing is held")
	}

	var payment struct {
		Totals struct{ Open, Capturing, Captured, Refunding, Refunded, Kept int64 }
	}
	require.NoError(t, r.Operator().Get(shop.Payments, "/v1/payments/"+r.id()).Into(&payment))
	is := payment.Totals
	money := []int64{ours.Captured, ours.Refunded, ours.Open}
	assert.Equal(t, money, []int64{is.Captured + is.Capturing, is.Refunded + is.Refunding, is.Open}, "captured, refunded and open by payments: %s", r.id())
	assert.Equal(t, money, r.provider(), "captured, refunded and open by the provider: %s", r.id())
	assert.Equal(t, ours.Fees, is.Kept, "kept as fees by payments: %s", r.id())
	return ours
}

// movedOf adds up the movements of a kind in the journal of a SKU.
func (r *run) movedOf(sku, kind string) (units int64) {
	r.t.Helper()
	var journal struct {
		Movements []struct {
			Kind     string
			Quantity int64
		}
	}
	require.NoError(r.t, r.Operator().Get(shop.Inventory, "/v1/stock/"+sku+"/movements").Into(&journal))
	for _, movement := range journal.Movements {
		if movement.Kind == kind {
			units += movement.Quantity
		}
	}
	return units
}

// provider returns what the provider captured, refunded, and holds for the order, with what it has
// accepted and not settled.
func (r *run) provider() []int64 {
	r.t.Helper()
	type record struct {
		Status string
		Amount int64
		Open   int64 `json:"open_amount"`
	}
	var statement struct{ Authorizations, Captures, Refunds []record }
	require.NoError(r.t, r.Provider().Get(shop.Paysim, "/v1/statement?reference="+r.id()).Into(&statement))
	moved := func(records []record) (sum int64) {
		for _, record := range records {
			if record.Status == "succeeded" || record.Status == "pending" {
				sum += record.Amount
			}
		}
		return sum
	}
	held := int64(0)
	for _, authorization := range statement.Authorizations {
		held += authorization.Open
	}
	return []int64{moved(statement.Captures), moved(statement.Refunds), held}
}

// verified asserts that the programs that compare the services find nothing.
func (w *world) verified(t *testing.T) {
	t.Helper()
	for _, command := range [][]string{{"verify", "--settle", "2m"}, {"payments", "reconcile"}} {
		printed, exit := w.Run(command...)
		assert.Zero(t, exit, "ordersaga %v:\n%s", command, printed)
	}
}
