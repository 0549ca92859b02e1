package shiporder_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	inventoryv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/inventory/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	paymentsv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/payments/v1"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/workflows/sagatest"
	"github.com/ordersaga/ordersaga/workflows/shiporder"
)

const (
	order         = "6c9c4a0e-4a6b-5f0e-9a53-1f1d8c0f4e11"
	instance      = "0d1d6f6e-1a52-5c0e-8f0f-0d6f6a1b2c3d"
	authorization = "1f0b9d3e-7a35-5b1c-9a61-6a1e0d9c7b21"
)

// The calls of a shipment after which something of the authorization is left, and of one that is
// refused.
var (
	through = []string{
		sagas.RecordResumed.Name, sagas.CapturePayment.Name, sagas.ShipUnits.Name, sagas.VoidAuthorization.Name, sagas.RecordDone.Name,
	}
	back     = []string{sagas.RecordResumed.Name, sagas.CapturePayment.Name, sagas.RecordTurnedBack.Name, sagas.RecordRefused.Name}
	declined = sagas.RefusalError(refusal.New(refusals.CaptureFailed, "the card was declined", refusals.DeclinedDetails{DeclineCode: "card_declined"}))
)

// shipment is the saga's input: the order's last units, after others were cancelled.
func shipment() *ordersv1.ShipOrderInput {
	return &ordersv1.ShipOrderInput{
		Saga:    &commonv1.Saga{OrderId: order, Kind: sagas.KindShipOrder, Instance: instance},
		Lines:   []*commonv1.Line{{Number: 1, Sku: "85123A", Quantity: 6}},
		Capture: &commonv1.Money{Amount: 1530, Currency: "GBP"}, AuthorizationId: authorization, Last: true, VoidRest: true,
	}
}

func newServices(t *testing.T) *sagatest.Services {
	t.Helper()
	s := sagatest.NewServices(t, &ordersv1.RecordResumedResponse{Input: &ordersv1.RecordResumedResponse_ShipOrder{ShipOrder: shipment()}})
	sagatest.Answers(s, sagas.CapturePayment, func(in *paymentsv1.CaptureRequest) *paymentsv1.CaptureResponse {
		return &paymentsv1.CaptureResponse{Facts: []*commonv1.Fact{captured(in)}}
	})
	sagatest.Answers(s, sagas.ShipUnits, func(*inventoryv1.ShipUnitsRequest) *inventoryv1.ShipUnitsResponse {
		return &inventoryv1.ShipUnitsResponse{ShippedAt: timestamppb.Now()}
	})
	sagatest.Answers(s, sagas.VoidAuthorization, func(*paymentsv1.VoidAuthorizationRequest) *paymentsv1.VoidAuthorizationResponse {
		return &paymentsv1.VoidAuthorizationResponse{Facts: []*commonv1.Fact{voided}}
	})
	return s
}

func captured(in *paymentsv1.CaptureRequest) *commonv1.Fact {
	return &commonv1.Fact{At: timestamppb.Now(), Fact: &commonv1.Fact_PaymentCaptured{PaymentCaptured: &commonv1.PaymentCaptured{
		PaymentId: "pay-1", CaptureId: instance, AuthorizationId: in.GetAuthorizationId(), Amount: in.GetAmount(), Shipment: in.GetShipment(),
	}}}
}

var voided = &commonv1.Fact{Fact: &commonv1.Fact_PaymentVoided{PaymentVoided: &commonv1.PaymentVoided{PaymentId: "pay-1"}}}

// requireShipped asserts what the saga asked of the services.
func requireShipped(t *testing.T, s *sagatest.Services) {
	t.Helper()
	in := shipment()
	assert.True(t, proto.Equal(&paymentsv1.CaptureRequest{
		Step: sagas.Step(in.GetSaga(), "capture-payment"), AuthorizationId: authorization, Amount: in.GetCapture(), Shipment: instance, Final: true,
	}, s.Input(sagas.CapturePayment.Name)), "one capture, named for its shipment: %v", s.Input(sagas.CapturePayment.Name))
	assert.True(t, proto.Equal(&inventoryv1.ShipUnitsRequest{
		Step: sagas.Step(in.GetSaga(), "ship-units"), ReservedBy: sagas.Placing(order), Lines: in.GetLines(),
	}, s.Input(sagas.ShipUnits.Name)), "of what placing reserved: %v", s.Input(sagas.ShipUnits.Name))
	assert.True(t, proto.Equal(&paymentsv1.VoidAuthorizationRequest{OrderId: order, AuthorizationId: authorization}, s.Input(sagas.VoidAuthorization.Name)))
}

func TestUnitsAreCapturedBeforeTheyLeave(t *testing.T) {
	s := newServices(t)
	outcome := s.Run(sagas.ShipOrder, shipment())
	assert.Nil(t, outcome.GetRefusal())
	assert.Equal(t, through, s.Calls())
	requireShipped(t, s)
	facts := s.Input(sagas.RecordDone.Name).(*ordersv1.RecordDoneRequest).GetFacts()
	require.Len(t, facts, 2)
	assert.EqualValues(t, 1530, facts[0].GetPaymentCaptured().GetAmount().GetAmount())
	assert.NotNil(t, facts[1].GetPaymentVoided())
}

func TestNothingIsVoidedWhileUnitsAreLeft(t *testing.T) {
	s, in := newServices(t), shipment()
	in.Last, in.VoidRest = false, false
	s.Run(sagas.ShipOrder, in)
	assert.NotContains(t, s.Calls(), sagas.VoidAuthorization.Name)
	assert.False(t, s.Input(sagas.CapturePayment.Name).(*paymentsv1.CaptureRequest).GetFinal())
}

func TestADeclinedCaptureShipsNothingAndEndsTheClaim(t *testing.T) {
	s := newServices(t)
	s.Fails(sagas.CapturePayment.Name, func(int) error { return declined })
	outcome := s.Run(sagas.ShipOrder, shipment())
	assert.Equal(t, sagas.StatusConfirmed, outcome.GetStatus())
	assert.Equal(t, refusals.CaptureFailed, outcome.GetRefusal().GetReason())
	assert.Equal(t, back, s.Calls())
	assert.Equal(t, 1, s.Attempts(sagas.CapturePayment.Name), "a refusal is final")
}

// An unknown capture is neither shipped nor given up.
func TestAShipmentIsStuckUntilItsCaptureIsKnown(t *testing.T) {
	for name, end := range map[string]struct {
		known error
		calls []string
	}{"captured": {nil, through}, "declined": {declined, back}} {
		t.Run(name, func(t *testing.T) {
			s := newServices(t)
			s.Fails(sagas.CapturePayment.Name, func(attempt int) error {
				if attempt < 13 {
					return sagatest.ErrLost
				}
				return end.known
			})
			s.Run(sagas.ShipOrder, shipment())
			assert.Equal(t, end.calls, s.Calls())
			assert.Equal(t, 13, s.Attempts(sagas.CapturePayment.Name))
			assert.Positive(t, s.Attempts(sagas.RecordStuck.Name), "operators see it meanwhile")
		})
	}
}

// A refusal of another request with the same key proves nothing about the capture: freeing the units
// then could charge for goods that are cancelled later.
func TestARefusalThatProvesNothingKeepsTheClaim(t *testing.T) {
	s := newServices(t)
	s.Fails(sagas.CapturePayment.Name, func(attempt int) error {
		if attempt < 3 {
			return sagas.RefusalError(refusal.New(refusals.RequestMismatch, "the step was asked for with another request", nil))
		}
		return nil
	})
	assert.Nil(t, s.Run(sagas.ShipOrder, shipment()).GetRefusal())
	assert.Equal(t, through, s.Calls())
	assert.Equal(t, 3, s.Attempts(sagas.CapturePayment.Name))
}

func TestAfterTheCaptureItOnlyGoesForward(t *testing.T) {
	for _, call := range through[2:] {
		for name, failure := range map[string]error{"fails": sagatest.ErrLost, "is refused": declined} {
			t.Run(call+" "+name, func(t *testing.T) {
				s := newServices(t)
				s.Fails(call, func(attempt int) error {
					if attempt < 13 {
						return failure
					}
					return nil
				})
				assert.Nil(t, s.Run(sagas.ShipOrder, shipment()).GetRefusal())
				assert.Equal(t, through, s.Calls(), "what was done is not made again")
				assert.Equal(t, 1, s.Attempts(sagas.CapturePayment.Name))
				requireShipped(t, s)
			})
		}
	}
}

// The sweep resumes a saga without a run, from the input that the order kept.
func TestALostRunIsResumedWithTheSameSteps(t *testing.T) {
	for i, call := range through {
		t.Run("after "+call, func(t *testing.T) {
			s := newServices(t)
			s.Lose(sagas.ShipOrder, shipment(), call)
			outcome := s.Run(sagas.ResumeOrder, &commonv1.SagaRun{Saga: shipment().GetSaga()})
			assert.Nil(t, outcome.GetRefusal())
			again := through
			if i == len(through)-1 {
				again = through[:1] // the order says that it has ended
			}
			assert.Equal(t, slices.Compact(slices.Concat(through[:i+1], again)), s.Calls())
			requireShipped(t, s)
		})
	}
}

func TestALostRunThatTurnedBackIsResumedBackwards(t *testing.T) {
	for i, call := range back {
		if call == sagas.CapturePayment.Name {
			continue // its refusal is no answer after which a run could be lost
		}
		t.Run("after "+call, func(t *testing.T) {
			s := newServices(t)
			s.Fails(sagas.CapturePayment.Name, func(int) error { return declined })
			s.Lose(sagas.ShipOrder, shipment(), call)
			outcome := s.Run(sagas.ResumeOrder, &commonv1.SagaRun{Saga: shipment().GetSaga()})
			assert.Equal(t, refusals.CaptureFailed, outcome.GetRefusal().GetReason())
			assert.NotContains(t, s.Calls(), sagas.ShipUnits.Name)
			if i > 1 {
				assert.Equal(t, 1, s.Attempts(sagas.CapturePayment.Name), "nothing is captured any more")
			}
		})
	}
}

// The order has claimed the units and refuses other sagas until they are shipped or refused, so a
// run that somebody cancelled must not stop.
func TestACancelOfTheWorkflowHasNoEffect(t *testing.T) {
	t.Run("before its first task", func(t *testing.T) {
		s := newServices(t)
		outcome := s.RunFunction(func(ctx workflow.Context, in *ordersv1.ShipOrderInput) (*commonv1.Outcome, error) {
			ctx, cancel := workflow.WithCancel(ctx)
			cancel()
			return shiporder.ShipOrder(ctx, in)
		}, shipment())
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
			assert.Nil(t, s.Run(sagas.ShipOrder, shipment()).GetRefusal())
			assert.Equal(t, through, s.Calls())
		})
	}
	t.Run("while it is stuck in the capture", func(t *testing.T) {
		s := newServices(t)
		s.Fails(sagas.CapturePayment.Name, func(attempt int) error {
			if attempt == 8 {
				s.Cancel()
			}
			if attempt < 13 {
				return sagatest.ErrLost
			}
			return nil
		})
		assert.Nil(t, s.Run(sagas.ShipOrder, shipment()).GetRefusal())
		assert.Equal(t, through, s.Calls())
	})
}
