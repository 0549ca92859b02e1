package refundorder_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/proto"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	paymentsv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/payments/v1"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/workflows/refundorder"
	"github.com/ordersaga/ordersaga/workflows/sagatest"
)

const instance = "0d1d6f6e-1a52-5c0e-8f0f-0d6f6a1b2c3d"

var (
	through  = []string{sagas.RecordResumed.Name, sagas.RefundPayment.Name, sagas.RecordDone.Name}
	back     = []string{sagas.RecordResumed.Name, sagas.RefundPayment.Name, sagas.RecordTurnedBack.Name, sagas.RecordRefused.Name}
	exceeded = sagas.RefusalError(refusal.New(refusals.RefundExceedsCaptured, "only 3.00 can be refunded", refusals.AmountLeftDetails{Amount: 300, Currency: "GBP"}))
)

func goodwill() *ordersv1.RefundOrderInput {
	return &ordersv1.RefundOrderInput{
		Saga:   &commonv1.Saga{OrderId: "6c9c4a0e-4a6b-5f0e-9a53-1f1d8c0f4e11", Kind: sagas.KindRefundOrder, Instance: instance},
		Amount: &commonv1.Money{Amount: 500, Currency: "GBP"}, Reason: "late",
	}
}

// newServices has a provider that does not give everything back: of two captures, one's refund
// fails.
func newServices(t *testing.T) *sagatest.Services {
	t.Helper()
	s := sagatest.NewServices(t, &ordersv1.RecordResumedResponse{Input: &ordersv1.RecordResumedResponse_RefundOrder{RefundOrder: goodwill()}})
	sagatest.Answers(s, sagas.RefundPayment, func(*paymentsv1.RefundRequest) *paymentsv1.RefundResponse {
		return &paymentsv1.RefundResponse{Facts: []*commonv1.Fact{
			{Fact: &commonv1.Fact_PaymentRefunded{PaymentRefunded: &commonv1.PaymentRefunded{PaymentId: "pay-1", RefundId: "refund-1", Amount: &commonv1.Money{Amount: 300, Currency: "GBP"}}}},
			{Fact: &commonv1.Fact_PaymentRefundFailed{PaymentRefundFailed: &commonv1.PaymentRefundFailed{PaymentId: "pay-1", RefundId: "refund-2", Amount: &commonv1.Money{Amount: 200, Currency: "GBP"}}}},
		}}
	})
	return s
}

func requireRefunded(t *testing.T, s *sagatest.Services) {
	t.Helper()
	in := goodwill()
	assert.True(t, proto.Equal(&paymentsv1.RefundRequest{Step: sagas.Step(in.GetSaga(), "refund-payment"), Amount: in.GetAmount()}, s.Input(sagas.RefundPayment.Name)))
}

func TestWhatTheProviderGaveBackAndWhatItDidNotIsRecorded(t *testing.T) {
	s := newServices(t)
	assert.Nil(t, s.Run(sagas.RefundOrder, goodwill()).GetRefusal())
	assert.Equal(t, through, s.Calls())
	requireRefunded(t, s)
	facts := s.Input(sagas.RecordDone.Name).(*ordersv1.RecordDoneRequest).GetFacts()
	require.Len(t, facts, 2)
	assert.EqualValues(t, 300, facts[0].GetPaymentRefunded().GetAmount().GetAmount())
	assert.EqualValues(t, 200, facts[1].GetPaymentRefundFailed().GetAmount().GetAmount())
}

func TestARefundThatPaymentsRefusesIsRefused(t *testing.T) {
	s := newServices(t)
	s.Fails(sagas.RefundPayment.Name, func(int) error { return exceeded })
	outcome := s.Run(sagas.RefundOrder, goodwill())
	assert.Equal(t, refusals.RefundExceedsCaptured, outcome.GetRefusal().GetReason())
	assert.Equal(t, back, s.Calls())
}

func TestARefundIsTriedUntilItsOutcomeIsKnownAndRecorded(t *testing.T) {
	for _, call := range through {
		t.Run(call, func(t *testing.T) {
			s := newServices(t)
			s.FailsUntil(call, 13)
			assert.Nil(t, s.Run(sagas.RefundOrder, goodwill()).GetRefusal())
			assert.Equal(t, through, s.Calls())
			assert.Equal(t, 13, s.Attempts(call))
			requireRefunded(t, s)
		})
	}
	t.Run("and then refused", func(t *testing.T) {
		s := newServices(t)
		s.Fails(sagas.RefundPayment.Name, func(attempt int) error {
			if attempt < 13 {
				return sagatest.ErrLost
			}
			return exceeded
		})
		assert.Equal(t, refusals.RefundExceedsCaptured, s.Run(sagas.RefundOrder, goodwill()).GetRefusal().GetReason())
		assert.Equal(t, back, s.Calls())
	})
}

func TestALostRunIsResumedWithTheSameStep(t *testing.T) {
	for i, call := range through {
		t.Run("after "+call, func(t *testing.T) {
			s := newServices(t)
			s.Lose(sagas.RefundOrder, goodwill(), call)
			assert.Nil(t, s.Run(sagas.ResumeOrder, &commonv1.SagaRun{Saga: goodwill().GetSaga()}).GetRefusal())
			again := through
			if i == len(through)-1 {
				again = through[:1] // the order says that it has ended
			}
			assert.Equal(t, slices.Compact(slices.Concat(through[:i+1], again)), s.Calls())
			requireRefunded(t, s)
		})
	}
}

// The order refuses other sagas until the refund has ended, so a run that somebody cancelled must
// not stop.
func TestACancelOfTheWorkflowHasNoEffect(t *testing.T) {
	t.Run("before its first task", func(t *testing.T) {
		s := newServices(t)
		outcome := s.RunFunction(func(ctx workflow.Context, in *ordersv1.RefundOrderInput) (*commonv1.Outcome, error) {
			ctx, cancel := workflow.WithCancel(ctx)
			cancel()
			return refundorder.RefundOrder(ctx, in)
		}, goodwill())
		assert.Nil(t, outcome.GetRefusal())
		assert.Equal(t, through, s.Calls())
	})
	for _, call := range through {
		t.Run("at "+call, func(t *testing.T) {
			s := newServices(t)
			s.Fails(call, func(attempt int) error {
				if attempt == 1 {
					s.Cancel()
				}
				return nil
			})
			assert.Nil(t, s.Run(sagas.RefundOrder, goodwill()).GetRefusal())
			assert.Equal(t, through, s.Calls())
		})
	}
}
