// Package internal lists payments' slices. To add one is a folder under commands or queries, and
// a line here.
package internal

import (
	"github.com/ordersaga/ordersaga/contracts/programs"
	paymentsv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/payments/v1"
	"github.com/ordersaga/ordersaga/contracts/undo"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/rpc"
	"github.com/ordersaga/ordersaga/services/payments/internal/commands/authorize"
	"github.com/ordersaga/ordersaga/services/payments/internal/commands/capture"
	"github.com/ordersaga/ordersaga/services/payments/internal/commands/refund"
	"github.com/ordersaga/ordersaga/services/payments/internal/commands/settle"
	"github.com/ordersaga/ordersaga/services/payments/internal/commands/void"
	"github.com/ordersaga/ordersaga/services/payments/internal/commands/voidauthorization"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/journal"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider"
	"github.com/ordersaga/ordersaga/services/payments/internal/queries/auditpayments"
	"github.com/ordersaga/ordersaga/services/payments/internal/queries/auditprovider"
	"github.com/ordersaga/ordersaga/services/payments/internal/queries/getledger"
	"github.com/ordersaga/ordersaga/services/payments/internal/queries/getpayment"
	"github.com/ordersaga/ordersaga/services/payments/internal/store"
)

// The methods of PaymentsService, one a slice. Their types have the same name in every slice; what
// is embedded needs names of its own.
type (
	authorizePayment  = authorize.Method
	voidPayment       = void.Method
	capturePayment    = capture.Method
	refundPayment     = refund.Method
	voidAuthorization = voidauthorization.Method
	settlePayment     = settle.Method
	getPayment        = getpayment.Method
)

// service is PaymentsService, put together of its slices. Embedding the "unsafe" interface makes a
// method without a slice a compile error, where the "unimplemented" one would answer callers with
// an error.
type service struct {
	paymentsv1.UnsafePaymentsServiceServer
	authorizePayment
	voidPayment
	capturePayment
	refundPayment
	voidAuthorization
	settlePayment
	getPayment
}

// callers may call the methods of the service. One without a rule stops the start.
var callers = rpc.Callers{
	paymentsv1.PaymentsService_Authorize_FullMethodName:         {programs.Worker},
	paymentsv1.PaymentsService_Void_FullMethodName:              {programs.Worker},
	paymentsv1.PaymentsService_Capture_FullMethodName:           {programs.Worker},
	paymentsv1.PaymentsService_Refund_FullMethodName:            {programs.Worker},
	paymentsv1.PaymentsService_VoidAuthorization_FullMethodName: {programs.Worker},
	paymentsv1.PaymentsService_Settle_FullMethodName:            {programs.Worker},
	paymentsv1.PaymentsService_GetPayment_FullMethodName:        {programs.Worker},
}

// Service makes the gRPC service. Orders are asked before a payment is undone.
func Service(j *journal.Journal, s *store.Store, key domain.MethodKey, gateway provider.Border, orders undo.Orders) rpc.Service {
	return rpc.NewService[paymentsv1.PaymentsServiceServer](paymentsv1.RegisterPaymentsServiceServer, service{
		authorizePayment:  authorize.NewMethod(j, key),
		voidPayment:       void.NewMethod(j, orders),
		capturePayment:    capture.NewMethod(j),
		refundPayment:     refund.NewMethod(j),
		voidAuthorization: voidauthorization.NewMethod(j),
		settlePayment:     settle.NewMethod(j, gateway.Statements()),
		getPayment:        getpayment.NewMethod(s),
	}, callers)
}

// Routes adds the REST operations.
func Routes(api *rest.API, s *store.Store) {
	getpayment.Route(api, s)
	getledger.Route(api, s)
}

// Audits adds the operations for auditors.
func Audits(api *rest.API, s *store.Store, gateway provider.Border) {
	auditpayments.Route(api, s, gateway.Statements())
	auditprovider.Route(api, s, gateway.Lists())
}
