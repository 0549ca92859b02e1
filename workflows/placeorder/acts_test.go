package placeorder_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	paymentsv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/payments/v1"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/refusal"
)

// tells has the order tell the saga of an act from a number of questions on, as an order does: until
// its effect is recorded, or with a skip for ever.
func tells(w *world, from int, act *ordersv1.Act) {
	recorded := w.answers[sagas.RecordStuck.Name]
	open, told := true, false
	w.answers[sagas.RecordStuck.Name] = func(in proto.Message) proto.Message {
		open = open && !told
		if recorded != nil {
			return recorded(in)
		}
		return &ordersv1.RecordStuckResponse{}
	}
	w.answers[sagas.TakeActs.Name] = func(proto.Message) proto.Message {
		if w.count[sagas.TakeActs.Name] < from || !open && act.GetName() != sagas.ActSkip {
			return &ordersv1.TakeActsResponse{}
		}
		told = true
		copied := proto.Clone(act).(*ordersv1.Act)
		copied.Open = open
		return &ordersv1.TakeActsResponse{Acts: []*ordersv1.Act{copied}}
	}
}

// With the pauses of the saga, the second question comes without anybody waking it: an act whose
// update was lost is taken all the same.
func TestASagaTakesAnActAlsoWhenItsUpdateWasLost(t *testing.T) {
	w := newWorld(t)
	on(w, sagas.AllocateStock, always(holdExpired))
	on(w, sagas.VoidPayment, always(errBroken))
	tells(w, 2, &ordersv1.Act{Name: sagas.ActSkip, Step: sagas.VoidPayment.Name})
	assert.Equal(t, sagas.StatusRejected, w.places(t).GetStatus())
	assert.Equal(t, 10, w.count[sagas.VoidPayment.Name], "the first round and one before the act; the skipped step is not made again")
	assert.Equal(t, 1, w.count[sagas.ReleaseStock.Name])
	assert.Equal(t, 2, w.count[sagas.TakeActs.Name], "one question before each try")
}

func TestOnlyWhatTheContractsSayIsSkipped(t *testing.T) {
	w := newWorld(t)
	on(w, sagas.AllocateStock, always(holdExpired))
	on(w, sagas.ReleaseStock, until(12))
	tells(w, 1, &ordersv1.Act{Name: sagas.ActSkip, Step: sagas.ReleaseStock.Name})
	assert.Equal(t, sagas.StatusRejected, w.places(t).GetStatus())
	assert.Equal(t, 12, w.count[sagas.ReleaseStock.Name], "tried until it is done")
}

func TestASettlementIsLookedUpBeforeTheStepIsTried(t *testing.T) {
	w := newWorld(t)
	on(w, sagas.AllocateStock, always(holdExpired))
	on(w, sagas.VoidPayment, func(attempt int, _ bool) error {
		if w.count[sagas.SettlePayment.Name] == 0 {
			return errBroken
		}
		return nil
	})
	tells(w, 2, &ordersv1.Act{Name: sagas.ActSettle, Step: sagas.VoidPayment.Name, Reference: "auth-7"})
	assert.Equal(t, sagas.StatusRejected, w.places(t).GetStatus())
	asked, _ := w.inputs[sagas.SettlePayment.Name].(*paymentsv1.SettleRequest)
	assert.Equal(t, "auth-7", asked.GetProviderReference())
	assert.Equal(t, "authorize-payment", asked.GetStep().GetName())
	assert.Equal(t, 11, w.count[sagas.VoidPayment.Name])
}

// What disagrees is recorded as the reason why the saga is stuck, once, and it goes on as before.
func TestASettlementThatDisagreesIsInVain(t *testing.T) {
	w := newWorld(t)
	on(w, sagas.AllocateStock, always(holdExpired))
	on(w, sagas.VoidPayment, until(14))
	on(w, sagas.SettlePayment, always(sagas.RefusalError(refusal.New(refusals.SettlementDisagrees, "nothing under auth-7", nil))))
	var reasons []string
	w.answers[sagas.RecordStuck.Name] = func(in proto.Message) proto.Message {
		reasons = append(reasons, in.(*ordersv1.RecordStuckRequest).GetSteps()[0].GetLastError())
		return &ordersv1.RecordStuckResponse{}
	}
	tells(w, 1, &ordersv1.Act{Name: sagas.ActSettle, Step: sagas.VoidPayment.Name, Reference: "auth-7"})
	assert.Equal(t, sagas.StatusRejected, w.places(t).GetStatus())
	assert.Equal(t, 1, w.count[sagas.SettlePayment.Name])
	require.Len(t, reasons, 2)
	assert.Contains(t, reasons[1], "nothing under auth-7")
}

// An act that does not help is recorded as such although the saga is stuck in the same step.
func TestARetryInVainIsRecordedOnce(t *testing.T) {
	w := newWorld(t)
	on(w, sagas.AllocateStock, always(holdExpired))
	on(w, sagas.VoidPayment, until(22))
	tells(w, 2, &ordersv1.Act{Name: sagas.ActRetry})
	assert.Equal(t, sagas.StatusRejected, w.places(t).GetStatus())
	assert.Equal(t, 2, w.count[sagas.RecordStuck.Name])
}

func TestASagaThatIsWokenDuringATryTriesAgainAtOnce(t *testing.T) {
	w := newWorld(t)
	on(w, sagas.AllocateStock, always(holdExpired))
	woken := &answer{t: t}
	var before, after time.Time
	on(w, sagas.VoidPayment, func(attempt int, _ bool) error {
		switch attempt {
		case 38: // in the eighth round, after which the pause is of four minutes
			w.UpdateWorkflow(sagas.UpdateWake, "wake", woken)
		case 40:
			before = w.Now()
		case 41:
			after = w.Now()
		}
		return until(41)(attempt, false)
	})
	assert.Equal(t, sagas.StatusRejected, w.places(t).GetStatus())
	require.True(t, woken.answered)
	assert.Less(t, after.Sub(before), 10*time.Second)
}

// Operators group stuck sagas by what is in their way, so they are told when that becomes something
// else.
func TestAnotherKindOfErrorIsRecorded(t *testing.T) {
	w := newWorld(t)
	on(w, sagas.AllocateStock, always(holdExpired))
	fails := func(kind string) error {
		return sagas.FailureError(&commonv1.Failure{Service: "payments", Kind: kind}, errBroken)
	}
	on(w, sagas.VoidPayment, func(attempt int, _ bool) error {
		switch {
		case attempt <= 5:
			return fails(sagas.FailureTimeout)
		case attempt <= 15: // two rounds
			return fails(sagas.FailureUnavailable)
		}
		return nil
	})
	var kinds []string
	w.answers[sagas.RecordStuck.Name] = func(in proto.Message) proto.Message {
		kinds = append(kinds, in.(*ordersv1.RecordStuckRequest).GetSteps()[0].GetKind())
		return &ordersv1.RecordStuckResponse{}
	}
	assert.Equal(t, sagas.StatusRejected, w.places(t).GetStatus())
	assert.Equal(t, []string{sagas.FailureTimeout, sagas.FailureUnavailable}, kinds, "each once")
}
