// Package internal lists the slices of orders. To add one is a folder under
// commands or queries, and a line here.
package internal

import (
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/ordersaga/ordersaga/contracts/programs"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/platform/deliveryaudit"
	"github.com/ordersaga/ordersaga/platform/eventstore"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/rpc"
	"github.com/ordersaga/ordersaga/services/orders/internal/commands/cancel"
	"github.com/ordersaga/ordersaga/services/orders/internal/commands/confirm"
	"github.com/ordersaga/ordersaga/services/orders/internal/commands/markstuck"
	"github.com/ordersaga/ordersaga/services/orders/internal/commands/placeorder"
	"github.com/ordersaga/ordersaga/services/orders/internal/commands/recordplaced"
	"github.com/ordersaga/ordersaga/services/orders/internal/commands/reject"
	"github.com/ordersaga/ordersaga/services/orders/internal/commands/startcompensation"
	"github.com/ordersaga/ordersaga/services/orders/internal/publisher"
	"github.com/ordersaga/ordersaga/services/orders/internal/queries/auditorders"
	"github.com/ordersaga/ordersaga/services/orders/internal/queries/auditreadmodel"
	"github.com/ordersaga/ordersaga/services/orders/internal/queries/getorder"
	"github.com/ordersaga/ordersaga/services/orders/internal/queries/gettimeline"
	"github.com/ordersaga/ordersaga/services/orders/internal/queries/listorders"
	"github.com/ordersaga/ordersaga/services/orders/internal/queries/listunsettled"
	"github.com/ordersaga/ordersaga/services/orders/internal/quotes"
	"github.com/ordersaga/ordersaga/services/orders/internal/readmodel"
	"github.com/ordersaga/ordersaga/services/orders/internal/runs"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
	"github.com/ordersaga/ordersaga/services/orders/internal/unsettled"
)

// Description of the service, for the head of its API's documentation.
const Description = "Orders of a shop: placed with one request, confirmed or refused with a reason, never half done. " +
	"Amounts are in the minor unit of their currency. Errors are problem details (RFC 9457)."

// Needs are what slices are made of.
type Needs struct {
	Events    *eventstore.Store
	Orders    *store.Orders
	Unsettled *unsettled.Orders
	Documents *mongo.Database
	Catalog   *quotes.Catalog
	Runs      *runs.Runs
}

// Routes adds the operations of the REST border.
func Routes(api *rest.API, n Needs) {
	placeorder.Route(api, n.Orders, n.Catalog, n.Runs)
	getorder.Route(api, n.Orders)
	gettimeline.Route(api, n.Orders)
	listorders.Route(api, n.Documents, n.Events)
	auditorders.Route(api, n.Orders)
	auditreadmodel.Route(api, n.Orders, n.Events, n.Documents)
	deliveryaudit.Route(api, deliveryaudit.Sources{Log: n.Events, Subscriptions: []string{publisher.Subscription, readmodel.Subscription}})
}

// service is OrdersService, put together of its slices. Embedding the "unsafe"
// interface makes a method without a slice a compile error, where the
// "unimplemented" one would answer callers with an error.
type service struct {
	ordersv1.UnsafeOrdersServiceServer
	recordplaced.Recorder
	confirm.Confirmer
	startcompensation.Compensator
	reject.Rejecter
	cancel.Canceller
	markstuck.Marker
	listunsettled.Lister
}

// callers may call the methods of the service. One without a rule stops the start.
var callers = rpc.Callers{
	ordersv1.OrdersService_RecordPlaced_FullMethodName:      {programs.Worker},
	ordersv1.OrdersService_Confirm_FullMethodName:           {programs.Worker},
	ordersv1.OrdersService_StartCompensation_FullMethodName: {programs.Worker},
	ordersv1.OrdersService_Reject_FullMethodName:            {programs.Worker},
	ordersv1.OrdersService_Cancel_FullMethodName:            {programs.Worker},
	ordersv1.OrdersService_ListUnsettled_FullMethodName:     {programs.Worker},
	ordersv1.OrdersService_MarkStuck_FullMethodName:         {programs.Worker},
}

// Service makes the gRPC service, by which sagas write.
func Service(n Needs) rpc.Service {
	return rpc.NewService[ordersv1.OrdersServiceServer](ordersv1.RegisterOrdersServiceServer, service{
		Recorder:    recordplaced.New(n.Orders),
		Confirmer:   confirm.New(n.Orders),
		Compensator: startcompensation.New(n.Orders),
		Rejecter:    reject.New(n.Orders),
		Canceller:   cancel.New(n.Orders),
		Marker:      markstuck.New(n.Orders),
		Lister:      listunsettled.New(n.Unsettled),
	}, callers)
}
