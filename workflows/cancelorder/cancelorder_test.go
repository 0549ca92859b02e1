package cancelorder_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/proto"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	inventoryv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/inventory/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	paymentsv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/payments/v1"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/workflows/cancelorder"
	"github.com/ordersaga/ordersaga/workflows/sagatest"
)

const (
	order         = "6c9c4a0e-4a6b-5f0e-9a53-1f1d8c0f4e11"
	authorization = "1f0b9d3e-7a35-5b1c-9a61-6a1e0d9c7b21"
)

func cancellation() *ordersv1.CancelOrderInput {
	return &ordersv1.CancelOrderInput{
		Saga:  &commonv1.Saga{OrderId: order, Kind: sagas.KindCancelOrder, Instance: "0d1d6f6e-1a52-5c0e-8f0f-0d6f6a1b2c3d"},
		Lines: []*commonv1.Line{{Number: 1, Sku: "85123A", Quantity: 6}},
	}
}

// cancellations are the kinds of cancellation, with what is called for each.
var cancellations = map[string]struct {
	in    func(*ordersv1.CancelOrderInput)
	calls []string
}{
	"of a part": {func(*ordersv1.CancelOrderInput) {}, []string{sagas.RecordResumed.Name, sagas.ReleaseUnits.Name, sagas.RecordDone.Name}},
	"of all units": {
		func(in *ordersv1.CancelOrderInput) { in.Whole = true },
		[]string{sagas.RecordResumed.Name, sagas.ReleaseUnits.Name, sagas.VoidPayment.Name, sagas.RecordDone.Name},
	},
	"of the rest, after others were shipped": {
		func(in *ordersv1.CancelOrderInput) { in.VoidAuthorizationId = authorization },
		[]string{sagas.RecordResumed.Name, sagas.ReleaseUnits.Name, sagas.VoidAuthorization.Name, sagas.RecordDone.Name},
	},
	"of units that are prepaid": {
		func(in *ordersv1.CancelOrderInput) { in.Refund = &commonv1.Money{Amount: 500, Currency: "GBP"} },
		[]string{sagas.RecordResumed.Name, sagas.ReleaseUnits.Name, sagas.RefundPayment.Name, sagas.RecordDone.Name},
	},
	"of all units, with a fee": {
		func(in *ordersv1.CancelOrderInput) {
			in.VoidAuthorizationId = authorization
			in.Fee = &ordersv1.CancellationFee{Captured: gbp(200), AuthorizationId: authorization, Last: true, KeptBack: gbp(0)}
		},
		[]string{sagas.RecordResumed.Name, sagas.CapturePayment.Name, sagas.ReleaseUnits.Name, sagas.VoidAuthorization.Name, sagas.RecordDone.Name},
	},
	"of units that are prepaid, with a fee of a part": {
		func(in *ordersv1.CancelOrderInput) {
			in.Refund, in.Fee = gbp(300), &ordersv1.CancellationFee{Captured: gbp(0), KeptBack: gbp(200)}
		},
		[]string{sagas.RecordResumed.Name, sagas.ReleaseUnits.Name, sagas.RefundPayment.Name, sagas.RecordDone.Name},
	},
	"of units that are prepaid, with a fee of all": {
		func(in *ordersv1.CancelOrderInput) {
			in.Fee = &ordersv1.CancellationFee{Captured: gbp(0), KeptBack: gbp(500)}
		},
		[]string{sagas.RecordResumed.Name, sagas.ReleaseUnits.Name, sagas.RefundPayment.Name, sagas.RecordDone.Name},
	},
	"of units that are written off": {
		func(in *ordersv1.CancelOrderInput) { in.WriteOff = true },
		[]string{sagas.RecordResumed.Name, sagas.ReleaseUnits.Name, sagas.RecordDone.Name},
	},
}

func gbp(amount int64) *commonv1.Money { return &commonv1.Money{Amount: amount, Currency: "GBP"} }

// each runs a test for each kind of cancellation.
func each(t *testing.T, test func(t *testing.T, s *sagatest.Services, in *ordersv1.CancelOrderInput, calls []string)) {
	for name, kind := range cancellations {
		t.Run(name, func(t *testing.T) {
			in := cancellation()
			kind.in(in)
			test(t, newServices(t, in), in, kind.calls)
		})
	}
}

func newServices(t *testing.T, in *ordersv1.CancelOrderInput) *sagatest.Services {
	t.Helper()
	s := sagatest.NewServices(t, &ordersv1.RecordResumedResponse{Input: &ordersv1.RecordResumedResponse_CancelOrder{CancelOrder: in}})
	sagatest.Answers(s, sagas.ReleaseUnits, func(*inventoryv1.ReleaseUnitsRequest) *inventoryv1.ReleaseUnitsResponse {
		return &inventoryv1.ReleaseUnitsResponse{}
	})
	sagatest.Answers(s, sagas.CapturePayment, func(*paymentsv1.CaptureRequest) *paymentsv1.CaptureResponse { return &paymentsv1.CaptureResponse{} })
	sagatest.Answers(s, sagas.VoidPayment, func(*paymentsv1.VoidRequest) *paymentsv1.VoidResponse { return &paymentsv1.VoidResponse{} })
	sagatest.Answers(s, sagas.VoidAuthorization, func(*paymentsv1.VoidAuthorizationRequest) *paymentsv1.VoidAuthorizationResponse {
		return &paymentsv1.VoidAuthorizationResponse{}
	})
	sagatest.Answers(s, sagas.RefundPayment, func(*paymentsv1.RefundRequest) *paymentsv1.RefundResponse { return &paymentsv1.RefundResponse{} })
	return s
}

// requireCancelled asserts what the saga asked of the services.
func requireCancelled(t *testing.T, s *sagatest.Services, in *ordersv1.CancelOrderInput) {
	t.Helper()
	asked := func(activity string, request proto.Message) {
		assert.True(t, proto.Equal(request, s.Input(activity)), "%s: %v", activity, s.Input(activity))
	}
	asked(sagas.ReleaseUnits.Name, &inventoryv1.ReleaseUnitsRequest{
		Step: sagas.Step(in.GetSaga(), "release-units"), ReservedBy: sagas.Placing(order), Lines: in.GetLines(), WriteOff: in.GetWriteOff(),
	})
	if in.GetFee().GetCaptured().GetAmount() > 0 {
		asked(sagas.CapturePayment.Name, &paymentsv1.CaptureRequest{
			Step: sagas.Step(in.GetSaga(), "capture-fee"), AuthorizationId: authorization, Amount: gbp(200), Shipment: in.GetSaga().GetInstance(), Final: true, Fee: true,
		})
	}
	if in.GetWhole() {
		asked(sagas.VoidPayment.Name, &paymentsv1.VoidRequest{Step: sagas.Step(sagas.Placing(order), "authorize-payment")})
	}
	if in.GetVoidAuthorizationId() != "" {
		asked(sagas.VoidAuthorization.Name, &paymentsv1.VoidAuthorizationRequest{OrderId: order, AuthorizationId: authorization})
	}
	if kept := in.GetFee().GetKeptBack().GetAmount(); in.GetRefund() != nil || kept > 0 {
		asked(sagas.RefundPayment.Name, &paymentsv1.RefundRequest{
			Step: sagas.Step(in.GetSaga(), "refund-payment"), Amount: gbp(in.GetRefund().GetAmount()), KeptFee: kept,
		})
	}
}

func TestUnitsAreFreedAndTheirMoneyIsGivenBack(t *testing.T) {
	each(t, func(t *testing.T, s *sagatest.Services, in *ordersv1.CancelOrderInput, calls []string) {
		s.Run(sagas.CancelOrder, in)
		assert.Equal(t, calls, s.Calls())
		requireCancelled(t, s, in)
	})
}

func TestACancellationOnlyGoesForward(t *testing.T) {
	each(t, func(t *testing.T, _ *sagatest.Services, in *ordersv1.CancelOrderInput, calls []string) {
		for _, call := range calls {
			s := newServices(t, in)
			s.FailsUntil(call, 13)
			s.Run(sagas.CancelOrder, in)
			assert.Equal(t, calls, s.Calls(), "stuck in %s", call)
			assert.Equal(t, 13, s.Attempts(call))
			requireCancelled(t, s, in)
		}
	})
}

func TestAFeeThatIsDeclinedCancelsNothing(t *testing.T) {
	in := cancellation()
	cancellations["of all units, with a fee"].in(in)
	for name, unknown := range map[string]int{"at once": 1, "after its outcome was not known": 13} {
		t.Run(name, func(t *testing.T) {
			s := newServices(t, in)
			s.Fails(sagas.CapturePayment.Name, func(attempt int) error {
				if attempt < unknown {
					return sagatest.ErrLost
				}
				return sagas.RefusalError(refusal.New(refusals.CaptureFailed, "the card was declined", refusals.DeclinedDetails{DeclineCode: "card_declined"}))
			})
			outcome := s.Run(sagas.CancelOrder, in)
			assert.Equal(t, sagas.StatusConfirmed, outcome.GetStatus())
			assert.Equal(t, refusals.CaptureFailed, outcome.GetRefusal().GetReason())
			assert.Equal(t, []string{sagas.RecordResumed.Name, sagas.CapturePayment.Name, sagas.RecordTurnedBack.Name, sagas.RecordRefused.Name}, s.Calls())
		})
	}
}

func TestALostRunIsResumedWithTheSameSteps(t *testing.T) {
	each(t, func(t *testing.T, _ *sagatest.Services, in *ordersv1.CancelOrderInput, calls []string) {
		for i, call := range calls {
			s := newServices(t, in)
			s.Lose(sagas.CancelOrder, in, call)
			s.Run(sagas.ResumeOrder, &commonv1.SagaRun{Saga: in.GetSaga()})
			again := calls
			if i == len(calls)-1 {
				again = calls[:1] // the order says that it has ended
			}
			assert.Equal(t, slices.Compact(slices.Concat(calls[:i+1], again)), s.Calls(), "lost after %s", call)
			requireCancelled(t, s, in)
		}
	})
}

// The order has recorded the cancellation and refuses other sagas until it is carried out, so a run
// that somebody cancelled before its first task must not stop.
func TestAWorkflowThatIsCancelledBeforeItsFirstTaskCancelsTheOrder(t *testing.T) {
	each(t, func(t *testing.T, s *sagatest.Services, in *ordersv1.CancelOrderInput, calls []string) {
		s.RunFunction(func(ctx workflow.Context, in *ordersv1.CancelOrderInput) (*commonv1.Outcome, error) {
			ctx, cancel := workflow.WithCancel(ctx)
			cancel()
			return cancelorder.CancelOrder(ctx, in)
		}, in)
		assert.Equal(t, calls, s.Calls())
	})
}
