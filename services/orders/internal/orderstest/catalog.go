package orderstest

import (
	"context"
	"sync"

	"google.golang.org/grpc"

	"github.com/ordersaga/ordersaga/contracts/programs"
	catalogv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/catalog/v1"
	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/config"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/platform/rpc"
	"github.com/ordersaga/ordersaga/platform/testkit"
)

// Catalog stands in for the catalog service: it sells TEA at 250 and CUP at 600 pence and ships for
// 390, unless told otherwise.
type Catalog struct {
	catalogv1.UnimplementedCatalogServiceServer
	mu       sync.Mutex
	prices   map[string]int64
	shipping int64
	quoted   int
	// meanwhile is done once, while a quote is asked for.
	meanwhile func()
}

func newCatalog() *Catalog {
	return &Catalog{prices: map[string]int64{"TEA": 250, "CUP": 600}, shipping: 390}
}

// Price sets what a SKU costs, in pence.
func (c *Catalog) Price(sku string, pence int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.prices[sku] = pence
}

// Withdraw takes a SKU off sale.
func (c *Catalog) Withdraw(sku string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.prices, sku)
}

// Meanwhile has something happen while the next quote is asked for.
func (c *Catalog) Meanwhile(do func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.meanwhile = do
}

// Quoted counts the quotes that were asked for.
func (c *Catalog) Quoted() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.quoted
}

// QuotePrices is the method of CatalogService.
func (c *Catalog) QuotePrices(_ context.Context, request *catalogv1.QuotePricesRequest) (*catalogv1.QuotePricesResponse, error) {
	c.mu.Lock()
	meanwhile := c.meanwhile
	c.meanwhile = nil
	c.mu.Unlock()
	if meanwhile != nil {
		meanwhile()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.quoted++
	if request.GetCurrency() != "GBP" {
		return nil, refusal.New(refusals.CurrencyMismatch, "not sold in that currency", refusals.CurrencyMismatchDetails{Currency: request.GetCurrency()})
	}
	answer := &catalogv1.QuotePricesResponse{Adjustments: []*catalogv1.Adjustment{{Kind: "shipping", Amount: c.shipping}}}
	total := c.shipping
	var unknown []string
	for _, line := range request.GetLines() {
		price, ok := c.prices[line.GetSku()]
		if !ok {
			unknown = append(unknown, line.GetSku())
			continue
		}
		total += price * line.GetQuantity()
		answer.Lines = append(answer.Lines, &catalogv1.PricedLine{
			Sku: line.GetSku(), Name: "Product " + line.GetSku(), UnitPrice: price, Quantity: line.GetQuantity(),
		})
	}
	if unknown != nil {
		return nil, refusal.New(refusals.UnknownProduct, "no such product", refusals.UnknownProductDetails{SKUs: unknown})
	}
	answer.Total = &commonv1.Money{Amount: total, Currency: "GBP"}
	return answer, nil
}

// serveCatalog runs the stand-in behind the same border as the real one.
func (w *World) serveCatalog() *grpc.ClientConn {
	w.t.Helper()
	verifier := must(auth.NewVerifier(w.t.Context(), config.Auth{
		Issuer: testkit.Issuer(w.t), Audience: "ordersaga", Environment: config.Development,
	}))(w.t)
	catalog := rpc.NewService[catalogv1.CatalogServiceServer](catalogv1.RegisterCatalogServiceServer, w.Catalog, rpc.Callers{
		catalogv1.CatalogService_QuotePrices_FullMethodName: {programs.Orders},
	})
	return w.serve(must(rpc.NewServer(verifier, rpc.ServerSettings{}, catalog))(w.t), programs.Orders)
}
