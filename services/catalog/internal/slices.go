// Package internal lists the catalog's slices. To add one is a folder under commands or queries,
// and a line here.
package internal

import (
	"github.com/ordersaga/ordersaga/contracts/events"
	"github.com/ordersaga/ordersaga/contracts/programs"
	catalogv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/catalog/v1"
	"github.com/ordersaga/ordersaga/platform/broker"
	"github.com/ordersaga/ordersaga/platform/deliveryaudit"
	"github.com/ordersaga/ordersaga/platform/outbox"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/readmodel"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/rpc"
	"github.com/ordersaga/ordersaga/platform/search"
	"github.com/ordersaga/ordersaga/services/catalog/internal/commands/announceproducts"
	"github.com/ordersaga/ordersaga/services/catalog/internal/commands/changecategory"
	"github.com/ordersaga/ordersaga/services/catalog/internal/commands/changeprice"
	"github.com/ordersaga/ordersaga/services/catalog/internal/commands/changeproduct"
	"github.com/ordersaga/ordersaga/services/catalog/internal/commands/createcategory"
	"github.com/ordersaga/ordersaga/services/catalog/internal/commands/createproduct"
	"github.com/ordersaga/ordersaga/services/catalog/internal/commands/createproducts"
	"github.com/ordersaga/ordersaga/services/catalog/internal/commands/deletecategory"
	"github.com/ordersaga/ordersaga/services/catalog/internal/commands/importproducts"
	"github.com/ordersaga/ordersaga/services/catalog/internal/commands/retireproduct"
	"github.com/ordersaga/ordersaga/services/catalog/internal/commands/withdrawprice"
	"github.com/ordersaga/ordersaga/services/catalog/internal/pricing"
	"github.com/ordersaga/ordersaga/services/catalog/internal/queries/auditproducts"
	"github.com/ordersaga/ordersaga/services/catalog/internal/queries/getavailability"
	"github.com/ordersaga/ordersaga/services/catalog/internal/queries/getproduct"
	"github.com/ordersaga/ordersaga/services/catalog/internal/queries/listcategories"
	"github.com/ordersaga/ordersaga/services/catalog/internal/queries/listprices"
	"github.com/ordersaga/ordersaga/services/catalog/internal/queries/listproducts"
	"github.com/ordersaga/ordersaga/services/catalog/internal/queries/quoteprices"
	"github.com/ordersaga/ordersaga/services/catalog/internal/queries/searchproducts"
	"github.com/ordersaga/ordersaga/services/catalog/internal/queries/suggestproducts"
	"github.com/ordersaga/ordersaga/services/catalog/internal/readside"
)

// Needs are what slices are made of.
type Needs struct {
	DB       *postgres.DB
	ReadSide *readside.Products
	Feed     *readside.Feed
	Search   *search.Index
	Pricing  pricing.Policy
	// MaxImport is how many bytes a file of products may have.
	MaxImport int64
}

// Routes adds the operations of the REST border.
func Routes(api *rest.API, n Needs) {
	createproduct.Route(api, n.DB)
	createproducts.Route(api, n.DB)
	changeproduct.Route(api, n.DB)
	retireproduct.Routes(api, n.DB)
	changeprice.Route(api, n.DB)
	withdrawprice.Route(api, n.DB)
	importproducts.Route(api, n.DB, n.MaxImport)
	announceproducts.Route(api, n.DB)
	getproduct.Route(api, n.ReadSide)
	getavailability.Route(api, n.ReadSide)
	listprices.Route(api, n.DB)
	listproducts.Route(api, n.ReadSide, n.Feed)
	searchproducts.Route(api, n.DB, n.Search)
	suggestproducts.Route(api, n.Search)
	createcategory.Route(api, n.DB)
	changecategory.Route(api, n.DB)
	deletecategory.Route(api, n.DB)
	listcategories.Route(api, n.DB)
	auditproducts.Route(api, n.DB, n.ReadSide)
	readmodel.Route(api, n.Feed.Model, n.Feed.Progress)
}

// Audits adds the operation for auditors of events, who look at the outbox and at the queues of our
// consumers.
func Audits(api *rest.API, relay *outbox.Relay, queues *broker.Broker) {
	deliveryaudit.Route(api, deliveryaudit.Sources{Outbox: relay, Broker: queues, Consumers: []string{events.CatalogReadSide.Name}})
}

// quotePrices is the method of CatalogService, a slice.
type quotePrices = quoteprices.Method

// service is CatalogService, put together of its slices. Embedding the "unsafe" interface makes a
// method without a slice a compile error, where the "unimplemented" one would answer callers with
// an error.
type service struct {
	catalogv1.UnsafeCatalogServiceServer
	quotePrices
}

// callers may call the methods of the service. One without a rule stops the start.
var callers = rpc.Callers{
	catalogv1.CatalogService_QuotePrices_FullMethodName: {programs.Orders},
}

// Service makes the gRPC service.
func Service(n Needs) rpc.Service {
	return rpc.NewService[catalogv1.CatalogServiceServer](catalogv1.RegisterCatalogServiceServer, service{
		quotePrices: quoteprices.NewMethod(n.DB, n.Pricing),
	}, callers)
}
