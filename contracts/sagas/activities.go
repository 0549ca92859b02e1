package sagas

import (
	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	inventoryv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/inventory/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	paymentsv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/payments/v1"
)

// Activity is a call of a service by a saga: the name in the Web UI, with the messages of the
// service's method.
type Activity[Request, Response any] struct{ Name string }

// The activities of sagas, by the service that they call.
var (
	RecordPlaced     = Activity[ordersv1.RecordPlacedRequest, ordersv1.RecordPlacedResponse]{"RecordPlaced"}
	RecordConfirmed  = Activity[ordersv1.RecordConfirmedRequest, ordersv1.RecordConfirmedResponse]{"RecordConfirmed"}
	RecordTurnedBack = Activity[ordersv1.RecordTurnedBackRequest, ordersv1.RecordTurnedBackResponse]{"RecordTurnedBack"}
	RecordRejected   = Activity[ordersv1.RecordRejectedRequest, ordersv1.RecordRejectedResponse]{"RecordRejected"}
	RecordCancelled  = Activity[ordersv1.RecordCancelledRequest, ordersv1.RecordCancelledResponse]{"RecordCancelled"}
	RecordDone       = Activity[ordersv1.RecordDoneRequest, ordersv1.RecordDoneResponse]{"RecordDone"}
	RecordRefused    = Activity[ordersv1.RecordRefusedRequest, ordersv1.RecordRefusedResponse]{"RecordRefused"}
	RecordResumed    = Activity[ordersv1.RecordResumedRequest, ordersv1.RecordResumedResponse]{"RecordResumed"}
	RecordStuck      = Activity[ordersv1.RecordStuckRequest, ordersv1.RecordStuckResponse]{"RecordStuck"}
	TakeActs         = Activity[ordersv1.TakeActsRequest, ordersv1.TakeActsResponse]{"TakeActs"}

	ReserveStock  = Activity[inventoryv1.ReserveRequest, inventoryv1.ReserveResponse]{"ReserveStock"}
	AllocateStock = Activity[inventoryv1.AllocateRequest, inventoryv1.AllocateResponse]{"AllocateStock"}
	ReleaseUnits  = Activity[inventoryv1.ReleaseUnitsRequest, inventoryv1.ReleaseUnitsResponse]{"ReleaseUnits"}
	ShipUnits     = Activity[inventoryv1.ShipUnitsRequest, inventoryv1.ShipUnitsResponse]{"ShipUnits"}
	ReleaseStock  = Activity[inventoryv1.ReleaseRequest, inventoryv1.ReleaseResponse]{"ReleaseStock"}

	AuthorizePayment = Activity[paymentsv1.AuthorizeRequest, paymentsv1.AuthorizeResponse]{"AuthorizePayment"}
	VoidPayment      = Activity[paymentsv1.VoidRequest, paymentsv1.VoidResponse]{"VoidPayment"}

	CapturePayment    = Activity[paymentsv1.CaptureRequest, paymentsv1.CaptureResponse]{"CapturePayment"}
	RefundPayment     = Activity[paymentsv1.RefundRequest, paymentsv1.RefundResponse]{"RefundPayment"}
	VoidAuthorization = Activity[paymentsv1.VoidAuthorizationRequest, paymentsv1.VoidAuthorizationResponse]{"VoidAuthorization"}
	SettlePayment     = Activity[paymentsv1.SettleRequest, paymentsv1.SettleResponse]{"SettlePayment"}
	GetPayment        = Activity[paymentsv1.GetPaymentRequest, paymentsv1.GetPaymentResponse]{"GetPayment"}
)

// ResumeOpenSagas is the activity of the sweep.
const ResumeOpenSagas = "ResumeOpenSagas"

// Step names a step of a saga.
func Step(saga *commonv1.Saga, name string) *commonv1.Step {
	return &commonv1.Step{Saga: saga, Name: name}
}
