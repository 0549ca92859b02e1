// Package internal lists inventory's slices. To add one is a folder under commands or queries, and
// a line here.
package internal

import (
	"github.com/ordersaga/ordersaga/contracts/events"
	"github.com/ordersaga/ordersaga/contracts/programs"
	inventoryv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/inventory/v1"
	"github.com/ordersaga/ordersaga/contracts/undo"
	"github.com/ordersaga/ordersaga/platform/broker"
	"github.com/ordersaga/ordersaga/platform/deliveryaudit"
	"github.com/ordersaga/ordersaga/platform/outbox"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/rpc"
	"github.com/ordersaga/ordersaga/services/inventory/internal/commands/allocate"
	"github.com/ordersaga/ordersaga/services/inventory/internal/commands/announcestock"
	"github.com/ordersaga/ordersaga/services/inventory/internal/commands/receivestock"
	"github.com/ordersaga/ordersaga/services/inventory/internal/commands/release"
	"github.com/ordersaga/ordersaga/services/inventory/internal/commands/releaseunits"
	"github.com/ordersaga/ordersaga/services/inventory/internal/commands/reserve"
	"github.com/ordersaga/ordersaga/services/inventory/internal/commands/shipunits"
	"github.com/ordersaga/ordersaga/services/inventory/internal/queries/auditlevels"
	"github.com/ordersaga/ordersaga/services/inventory/internal/queries/auditreservations"
	"github.com/ordersaga/ordersaga/services/inventory/internal/queries/auditstock"
	"github.com/ordersaga/ordersaga/services/inventory/internal/queries/getstock"
	"github.com/ordersaga/ordersaga/services/inventory/internal/queries/listmovements"
)

// The methods of InventoryService, one per slice. Embedded types need different names.
type (
	reserveStock  = reserve.Method
	allocateStock = allocate.Method
	releaseStock  = release.Method
	releaseUnits  = releaseunits.Method
	shipUnits     = shipunits.Method
)

// service is InventoryService, composed of its slices. With the embedded "unsafe" interface a
// method without a slice does not compile; with the "unimplemented" one it would fail at run time.
type service struct {
	inventoryv1.UnsafeInventoryServiceServer
	reserveStock
	allocateStock
	releaseStock
	releaseUnits
	shipUnits
}

// callers lists the programs that may call each method. A method that is not listed stops the
// start.
var callers = rpc.Callers{
	inventoryv1.InventoryService_Reserve_FullMethodName:      {programs.Worker},
	inventoryv1.InventoryService_Allocate_FullMethodName:     {programs.Worker},
	inventoryv1.InventoryService_Release_FullMethodName:      {programs.Worker},
	inventoryv1.InventoryService_ReleaseUnits_FullMethodName: {programs.Worker},
	inventoryv1.InventoryService_ShipUnits_FullMethodName:    {programs.Worker},
}

// Service makes the gRPC service. Orders is asked before a reservation is undone.
func Service(db *postgres.DB, orders undo.Orders) rpc.Service {
	return rpc.NewService[inventoryv1.InventoryServiceServer](inventoryv1.RegisterInventoryServiceServer, service{
		reserveStock:  reserve.NewMethod(db),
		allocateStock: allocate.NewMethod(db),
		releaseStock:  release.NewMethod(db, orders),
		releaseUnits:  releaseunits.NewMethod(db, orders),
		shipUnits:     shipunits.NewMethod(db),
	}, callers)
}

// Routes serves the REST operations.
func Routes(api *rest.API, db *postgres.DB) {
	receivestock.Route(api, db)
	announcestock.Route(api, db)
	getstock.Route(api, db)
	listmovements.Route(api, db)
	auditstock.Route(api, db)
	auditlevels.Route(api, db)
	auditreservations.Route(api, db)
}

// Audits serves the operation that audits the delivery of events: the outbox and the queues of our
// consumers.
func Audits(api *rest.API, relay *outbox.Relay, queues *broker.Broker) {
	deliveryaudit.Route(api, deliveryaudit.Sources{Outbox: relay, Broker: queues, Consumers: []string{events.InventoryProducts.Name}})
}
