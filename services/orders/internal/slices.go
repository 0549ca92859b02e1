// Package internal lists the slices of orders. To add one is a folder under commands or queries,
// and a line here.
package internal

import (
	"context"

	"github.com/ordersaga/ordersaga/contracts/programs"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/platform/deliveryaudit"
	"github.com/ordersaga/ordersaga/platform/eventstore"
	"github.com/ordersaga/ordersaga/platform/readmodel"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/rpc"
	"github.com/ordersaga/ordersaga/platform/search"
	"github.com/ordersaga/ordersaga/services/orders/internal/causes"
	"github.com/ordersaga/ordersaga/services/orders/internal/commands/actonorder"
	"github.com/ordersaga/ordersaga/services/orders/internal/commands/cancelorder"
	"github.com/ordersaga/ordersaga/services/orders/internal/commands/placeorder"
	"github.com/ordersaga/ordersaga/services/orders/internal/commands/recordcancelled"
	"github.com/ordersaga/ordersaga/services/orders/internal/commands/recordconfirmed"
	"github.com/ordersaga/ordersaga/services/orders/internal/commands/recorddone"
	"github.com/ordersaga/ordersaga/services/orders/internal/commands/recordpayment"
	"github.com/ordersaga/ordersaga/services/orders/internal/commands/recordplaced"
	"github.com/ordersaga/ordersaga/services/orders/internal/commands/recordrefused"
	"github.com/ordersaga/ordersaga/services/orders/internal/commands/recordrejected"
	"github.com/ordersaga/ordersaga/services/orders/internal/commands/recordresumed"
	"github.com/ordersaga/ordersaga/services/orders/internal/commands/recordstuck"
	"github.com/ordersaga/ordersaga/services/orders/internal/commands/recordturnedback"
	"github.com/ordersaga/ordersaga/services/orders/internal/commands/refundorder"
	"github.com/ordersaga/ordersaga/services/orders/internal/commands/resumesagas"
	"github.com/ordersaga/ordersaga/services/orders/internal/commands/settledebt"
	"github.com/ordersaga/ordersaga/services/orders/internal/commands/shiporder"
	"github.com/ordersaga/ordersaga/services/orders/internal/commands/takeacts"
	"github.com/ordersaga/ordersaga/services/orders/internal/commands/updateshipment"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/opensagas"
	"github.com/ordersaga/ordersaga/services/orders/internal/personal"
	"github.com/ordersaga/ordersaga/services/orders/internal/publisher"
	"github.com/ordersaga/ordersaga/services/orders/internal/queries/auditorders"
	"github.com/ordersaga/ordersaga/services/orders/internal/queries/auditreadmodel"
	"github.com/ordersaga/ordersaga/services/orders/internal/queries/checkundo"
	"github.com/ordersaga/ordersaga/services/orders/internal/queries/getledger"
	"github.com/ordersaga/ordersaga/services/orders/internal/queries/getorder"
	"github.com/ordersaga/ordersaga/services/orders/internal/queries/getrequest"
	"github.com/ordersaga/ordersaga/services/orders/internal/queries/gettimeline"
	"github.com/ordersaga/ordersaga/services/orders/internal/queries/listcauses"
	"github.com/ordersaga/ordersaga/services/orders/internal/queries/listopensagas"
	"github.com/ordersaga/ordersaga/services/orders/internal/queries/listorders"
	"github.com/ordersaga/ordersaga/services/orders/internal/queries/liststuck"
	"github.com/ordersaga/ordersaga/services/orders/internal/queries/previewrequest"
	"github.com/ordersaga/ordersaga/services/orders/internal/queries/searchorders"
	"github.com/ordersaga/ordersaga/services/orders/internal/queries/whyorder"
	"github.com/ordersaga/ordersaga/services/orders/internal/quotes"
	"github.com/ordersaga/ordersaga/services/orders/internal/requests"
	"github.com/ordersaga/ordersaga/services/orders/internal/runs"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
)

// Needs are what slices are made of.
type Needs struct {
	Events    *eventstore.Store
	Orders    *store.Orders
	Numbers   *store.Numbers
	Keys      *personal.Keys
	OpenSagas *opensagas.Sagas
	List      *readmodel.Log
	Search    *search.Index
	Catalog   *quotes.Catalog
	Runs      *runs.Runs
	// Limits of one customer; the zero value limits nothing.
	Limits placeorder.Limits
	// Capture says when money is captured.
	Capture domain.CapturePolicy
	// RefundLimit is what one operator may give back of one order, in minor units; 0: no limit.
	RefundLimit int64
}

// Routes serves the REST operations.
func Routes(api *rest.API, n Needs) {
	placeorder.Route(api, placeorder.Needs{
		Orders: n.Orders, Numbers: n.Numbers, Keys: n.Keys, Catalog: n.Catalog, Runs: n.Runs, Sagas: n.OpenSagas, Limits: n.Limits,
	})
	asked := requests.New(n.Orders, n.Runs)
	cancelorder.Route(api, asked)
	shiporder.Route(api, asked, n.Capture)
	refundorder.Route(api, asked, n.RefundLimit)
	previewrequest.Routes(api, n.Orders, previewrequest.Needs{Policy: n.Capture, RefundLimit: n.RefundLimit})
	getrequest.Routes(api, n.Orders)
	updateshipment.Route(api, n.Orders)
	settledebt.Route(api, n.Orders)
	getledger.Route(api, n.Orders)
	actonorder.Route(api, n.Orders, n.Runs)
	getorder.Route(api, n.Orders, n.Keys)
	gettimeline.Route(api, n.Orders)
	whyorder.Route(api, n.Orders, n.Runs)
	finder := causes.Finder{Orders: n.Orders, OpenSagas: n.OpenSagas, Runs: n.Runs}
	listcauses.Route(api, finder)
	liststuck.Route(api, finder)
	resumesagas.Route(api, n.OpenSagas, n.Runs)
	listorders.Route(api, listorders.Needs{Log: n.List, Orders: n.Orders, OpenSagas: n.OpenSagas})
	searchorders.Route(api, n.Search, n.Keys)
	auditorders.Route(api, n.Orders)
	auditreadmodel.Route(api, n.Orders, n.List)
	readmodel.Route(api, n.List.Model, n.List.Progress)
}

// Subscriptions returns the subscriptions of the log besides the read model: the program runs them,
// and auditors see their progress.
func Subscriptions(n Needs, publish publisher.Publish) []eventstore.Subscription {
	return []eventstore.Subscription{
		publisher.Follow(publish),
		n.OpenSagas.Subscription(),
	}
}

// Audits serves the operation that audits the delivery of events.
func Audits(api *rest.API, n Needs, following []eventstore.Subscription) {
	deliveryaudit.Route(api, deliveryaudit.Sources{Log: n.Events, Subscriptions: func(ctx context.Context) ([]string, error) {
		live, err := n.List.Live(ctx)
		if err != nil {
			return nil, err
		}
		names := []string{n.List.Subscription(live)}
		for _, subscription := range following {
			names = append(names, subscription.Name)
		}
		return names, nil
	}})
}

// The methods of OrdersService, one per slice. Embedded types need different names.
type (
	recordPlaced     = recordplaced.Method
	recordConfirmed  = recordconfirmed.Method
	recordTurnedBack = recordturnedback.Method
	recordRejected   = recordrejected.Method
	recordCancelled  = recordcancelled.Method
	recordDone       = recorddone.Method
	recordRefused    = recordrefused.Method
	recordPayment    = recordpayment.Method
	recordResumed    = recordresumed.Method
	recordStuck      = recordstuck.Method
	takeActs         = takeacts.Method
	listOpenSagas    = listopensagas.Method
	checkUndo        = checkundo.Method
)

// service is OrdersService, composed of its slices. With the embedded "unsafe" interface a method
// without a slice does not compile; with the "unimplemented" one it would fail at run time.
type service struct {
	ordersv1.UnsafeOrdersServiceServer
	recordPlaced
	recordConfirmed
	recordTurnedBack
	recordRejected
	recordCancelled
	recordDone
	recordRefused
	recordPayment
	recordResumed
	recordStuck
	takeActs
	listOpenSagas
	checkUndo
}

// callers lists the programs that may call each method. A method that is not listed stops the
// start.
var callers = rpc.Callers{
	ordersv1.OrdersService_RecordPlaced_FullMethodName:     {programs.Worker},
	ordersv1.OrdersService_RecordConfirmed_FullMethodName:  {programs.Worker},
	ordersv1.OrdersService_RecordTurnedBack_FullMethodName: {programs.Worker},
	ordersv1.OrdersService_RecordRejected_FullMethodName:   {programs.Worker},
	ordersv1.OrdersService_RecordCancelled_FullMethodName:  {programs.Worker},
	ordersv1.OrdersService_RecordDone_FullMethodName:       {programs.Worker},
	ordersv1.OrdersService_RecordRefused_FullMethodName:    {programs.Worker},
	ordersv1.OrdersService_RecordPayment_FullMethodName:    {programs.Payments},
	ordersv1.OrdersService_RecordResumed_FullMethodName:    {programs.Worker},
	ordersv1.OrdersService_RecordStuck_FullMethodName:      {programs.Worker},
	ordersv1.OrdersService_TakeActs_FullMethodName:         {programs.Worker},
	ordersv1.OrdersService_ListOpenSagas_FullMethodName:    {programs.Worker},
	ordersv1.OrdersService_CheckUndo_FullMethodName:        {programs.Inventory, programs.Payments},
}

// Service makes the gRPC service for sagas.
func Service(n Needs) rpc.Service {
	return rpc.NewService[ordersv1.OrdersServiceServer](ordersv1.RegisterOrdersServiceServer, service{
		recordPlaced:     recordplaced.NewMethod(n.Orders),
		recordConfirmed:  recordconfirmed.NewMethod(n.Orders),
		recordTurnedBack: recordturnedback.NewMethod(n.Orders),
		recordRejected:   recordrejected.NewMethod(n.Orders),
		recordCancelled:  recordcancelled.NewMethod(n.Orders),
		recordDone:       recorddone.NewMethod(n.Orders),
		recordRefused:    recordrefused.NewMethod(n.Orders),
		recordPayment:    recordpayment.NewMethod(n.Orders),
		recordResumed:    recordresumed.NewMethod(n.Orders),
		recordStuck:      recordstuck.NewMethod(n.Orders),
		takeActs:         takeacts.NewMethod(n.Orders),
		listOpenSagas:    listopensagas.NewMethod(n.OpenSagas),
		checkUndo:        checkundo.NewMethod(n.Orders),
	}, callers)
}
