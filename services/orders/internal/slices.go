// Package internal lists the slices of orders. To add one is a folder under commands or queries,
// and a line here.
package internal

import (
	"context"

	"github.com/ordersaga/ordersaga/contracts/programs"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/platform/cqrs"
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

// service is OrdersService: each method is a use case, which takes and returns the messages of the
// contract. With the embedded "unsafe" interface a method without a slice does not compile; with the
// "unimplemented" one it would fail at run time.
type service struct {
	ordersv1.UnsafeOrdersServiceServer
	recordPlaced     cqrs.Handler[recordplaced.Command, recordplaced.Result]
	recordConfirmed  cqrs.Handler[recordconfirmed.Command, recordconfirmed.Result]
	recordTurnedBack cqrs.Handler[recordturnedback.Command, recordturnedback.Result]
	recordRejected   cqrs.Handler[recordrejected.Command, recordrejected.Result]
	recordCancelled  cqrs.Handler[recordcancelled.Command, recordcancelled.Result]
	recordDone       cqrs.Handler[recorddone.Command, recorddone.Result]
	recordRefused    cqrs.Handler[recordrefused.Command, recordrefused.Result]
	recordPayment    cqrs.Handler[recordpayment.Command, recordpayment.Result]
	recordResumed    cqrs.Handler[recordresumed.Command, recordresumed.Result]
	recordStuck      cqrs.Handler[recordstuck.Command, recordstuck.Result]
	takeActs         cqrs.Handler[takeacts.Command, takeacts.Result]
	listOpenSagas    cqrs.Handler[listopensagas.Query, listopensagas.Result]
	checkUndo        cqrs.Handler[checkundo.Query, checkundo.Result]
}

func (s service) RecordPlaced(ctx context.Context, req recordplaced.Command) (recordplaced.Result, error) {
	return s.recordPlaced.Handle(ctx, req)
}

func (s service) RecordConfirmed(ctx context.Context, req recordconfirmed.Command) (recordconfirmed.Result, error) {
	return s.recordConfirmed.Handle(ctx, req)
}

func (s service) RecordTurnedBack(ctx context.Context, req recordturnedback.Command) (recordturnedback.Result, error) {
	return s.recordTurnedBack.Handle(ctx, req)
}

func (s service) RecordRejected(ctx context.Context, req recordrejected.Command) (recordrejected.Result, error) {
	return s.recordRejected.Handle(ctx, req)
}

func (s service) RecordCancelled(ctx context.Context, req recordcancelled.Command) (recordcancelled.Result, error) {
	return s.recordCancelled.Handle(ctx, req)
}

func (s service) RecordDone(ctx context.Context, req recorddone.Command) (recorddone.Result, error) {
	return s.recordDone.Handle(ctx, req)
}

func (s service) RecordRefused(ctx context.Context, req recordrefused.Command) (recordrefused.Result, error) {
	return s.recordRefused.Handle(ctx, req)
}

func (s service) RecordPayment(ctx context.Context, req recordpayment.Command) (recordpayment.Result, error) {
	return s.recordPayment.Handle(ctx, req)
}

func (s service) RecordResumed(ctx context.Context, req recordresumed.Command) (recordresumed.Result, error) {
	return s.recordResumed.Handle(ctx, req)
}

func (s service) RecordStuck(ctx context.Context, req recordstuck.Command) (recordstuck.Result, error) {
	return s.recordStuck.Handle(ctx, req)
}

func (s service) TakeActs(ctx context.Context, req takeacts.Command) (takeacts.Result, error) {
	return s.takeActs.Handle(ctx, req)
}

func (s service) ListOpenSagas(ctx context.Context, req listopensagas.Query) (listopensagas.Result, error) {
	return s.listOpenSagas.Handle(ctx, req)
}

func (s service) CheckUndo(ctx context.Context, req checkundo.Query) (checkundo.Result, error) {
	return s.checkUndo.Handle(ctx, req)
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
		recordPlaced:     recordplaced.New(n.Orders),
		recordConfirmed:  recordconfirmed.New(n.Orders),
		recordTurnedBack: recordturnedback.New(n.Orders),
		recordRejected:   recordrejected.New(n.Orders),
		recordCancelled:  recordcancelled.New(n.Orders),
		recordDone:       recorddone.New(n.Orders),
		recordRefused:    recordrefused.New(n.Orders),
		recordPayment:    recordpayment.New(n.Orders),
		recordResumed:    recordresumed.New(n.Orders),
		recordStuck:      recordstuck.New(n.Orders),
		takeActs:         takeacts.New(n.Orders),
		listOpenSagas:    listopensagas.New(n.OpenSagas),
		checkUndo:        checkundo.New(n.Orders),
	}, callers)
}
