package quoteprices_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/ordersaga/ordersaga/contracts/programs"
	catalogv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/catalog/v1"
	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/platform/rpc"
	"github.com/ordersaga/ordersaga/platform/telemetry"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/platform/testkit/apitest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/catalogtest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
	"github.com/ordersaga/ordersaga/services/catalog/internal/pricing"
	"github.com/ordersaga/ordersaga/services/catalog/internal/queries/quoteprices"
	"github.com/ordersaga/ordersaga/services/catalog/internal/store"
)

type service struct {
	catalogv1.UnsafeCatalogServiceServer
	quoteprices.Method
}

// quotes serves the slice on a real listener and dials it as a service.
func quotes(t *testing.T, db *postgres.DB, policy pricing.Policy, scopes ...string) catalogv1.CatalogServiceClient {
	t.Helper()
	connection := apitest.GRPC(t, rpc.NewService[catalogv1.CatalogServiceServer](
		catalogv1.RegisterCatalogServiceServer, service{Method: quoteprices.NewMethod(db, policy)},
		rpc.Callers{catalogv1.CatalogService_QuotePrices_FullMethodName: {programs.Orders}}), testkit.Token(t, programs.Orders, scopes...))
	return catalogv1.NewCatalogServiceClient(connection)
}

func sell(t *testing.T, db *postgres.DB, contents ...domain.Content) {
	t.Helper()
	var products []*domain.Product
	for _, content := range contents {
		p, err := domain.NewProduct(content, time.Now())
		require.NoError(t, err)
		products = append(products, p)
	}
	require.NoError(t, db.InTx(t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
		_, _, err := store.CreateAll(ctx, tx, products)
		return err
	}))
}

func product(sku string, price int64) domain.Content {
	return domain.Content{SKU: sku, Name: "the " + sku, Price: price, Currency: "GBP"}
}

func request(currency string, lines ...*commonv1.Line) *catalogv1.QuotePricesRequest {
	return &catalogv1.QuotePricesRequest{Currency: currency, Lines: lines}
}

func line(sku string, quantity int64) *commonv1.Line {
	return &commonv1.Line{Number: 1, Sku: sku, Quantity: quantity}
}

func refused(t *testing.T, err error, reason string) *refusal.Refusal {
	t.Helper()
	r, ok := refusal.As(err)
	require.True(t, ok, "want the refusal %s, got %v", reason, err)
	require.Equal(t, reason, r.Reason)
	return r
}

func TestAQuoteKeepsTheLinesAndAddsUp(t *testing.T) {
	db := catalogtest.Database(t)
	sell(t, db, product("A", 1250), product("B", 399))
	catalog := quotes(t, db, pricing.Rates{Shipping: map[string]int64{"GBP": 395}, TaxBasisPoints: 2000}, auth.ScopeService)
	quote, err := catalog.QuotePrices(t.Context(), request("GBP", line("B", 2), line("A", 1), line("B", 1)))
	require.NoError(t, err)
	var lines []string
	for _, l := range quote.GetLines() {
		lines = append(lines, fmt.Sprint(l.GetSku(), " ", l.GetName(), " ", l.GetUnitPrice(), " ", l.GetQuantity()))
	}
	assert.Equal(t, []string{"B the B 399 2", "A the A 1250 1", "B the B 399 1"}, lines)
	require.Len(t, quote.GetAdjustments(), 2)
	assert.Equal(t, "shipping", quote.GetAdjustments()[0].GetKind())
	assert.EqualValues(t, 395, quote.GetAdjustments()[0].GetAmount())
	assert.Equal(t, "tax", quote.GetAdjustments()[1].GetKind())
	assert.EqualValues(t, 568, quote.GetAdjustments()[1].GetAmount(), "20 %% of 2447 + 395 is 568.4")
	assert.EqualValues(t, 2447+395+568, quote.GetTotal().GetAmount())
	assert.Equal(t, "GBP", quote.GetTotal().GetCurrency())
}

func TestAThousandLinesAreOneStatement(t *testing.T) {
	db := catalogtest.Database(t)
	var contents []domain.Content
	var lines []*commonv1.Line
	var total int64
	for i := range int64(1000) {
		contents = append(contents, product(fmt.Sprintf("SKU-%d", i), i))
		lines = append(lines, line(fmt.Sprintf("SKU-%d", i), i+1))
		total += i * (i + 1)
	}
	sell(t, db, contents...)
	catalog := quotes(t, db, pricing.Rates{}, auth.ScopeService)
	ask := func() *catalogv1.QuotePricesResponse {
		quote, err := catalog.QuotePrices(t.Context(), request("GBP", lines...))
		require.NoError(t, err)
		return quote
	}
	// The first time, a connection also prepares the statement.
	ask()
	spans := tracetest.NewInMemoryExporter()
	telemetry.SetupForTest(t, spans)
	quote := ask()
	assert.Len(t, quote.GetLines(), 1000)
	assert.Empty(t, quote.GetAdjustments())
	assert.Equal(t, total, quote.GetTotal().GetAmount())
	var statements []string
	for _, span := range spans.GetSpans() {
		if strings.HasPrefix(span.Name, "SELECT") {
			statements = append(statements, span.Name)
		}
	}
	assert.Len(t, statements, 1)
}

func TestWhatCannotBeQuotedIsRefusedWithTheSKUs(t *testing.T) {
	db := catalogtest.Database(t)
	euros := product("EUR-1", 100)
	euros.Currency = "EUR"
	sell(t, db, product("A", 100), product("OLD", 100), product("DEAR", domain.MaxAmount/2), euros)
	_, err := db.SQL.ExecContext(t.Context(), "UPDATE products SET active = false WHERE sku = 'OLD'")
	require.NoError(t, err)
	catalog := quotes(t, db, pricing.Rates{TaxBasisPoints: 1}, auth.ScopeService)

	_, err = catalog.QuotePrices(t.Context(), request("GBP", line("X", 1), line("A", 1), line("OLD", 1), line("EUR-1", 1)))
	var unknown refusals.UnknownProductDetails
	require.NoError(t, json.Unmarshal(refused(t, err, refusals.UnknownProduct).Details, &unknown))
	assert.Equal(t, []string{"X", "OLD"}, unknown.SKUs)

	_, err = catalog.QuotePrices(t.Context(), request("GBP", line("EUR-1", 1), line("A", 1)))
	var mismatch refusals.CurrencyMismatchDetails
	require.NoError(t, json.Unmarshal(refused(t, err, refusals.CurrencyMismatch).Details, &mismatch))
	assert.Equal(t, refusals.CurrencyMismatchDetails{Currency: "GBP", SKUs: []string{"EUR-1"}}, mismatch)

	_, err = catalog.QuotePrices(t.Context(), request("GBP", line("DEAR", 100_000), line("DEAR", 100_000)))
	refused(t, err, refusals.TotalTooLarge)
	_, err = catalog.QuotePrices(t.Context(), request("GBP", line("DEAR", 2), line("A", 1)))
	refused(t, err, refusals.TotalTooLarge)
}

func TestOnlyAServiceWithAProperRequestIsAnswered(t *testing.T) {
	db := catalogtest.Database(t)
	_, err := quotes(t, db, pricing.Rates{}, auth.ScopeOperator).QuotePrices(t.Context(), request("GBP", line("A", 1)))
	assert.Equal(t, codes.PermissionDenied, status.Code(err), "%v", err)

	catalog := quotes(t, db, pricing.Rates{}, auth.ScopeService)
	for what, wrong := range map[string]*catalogv1.QuotePricesRequest{
		"no lines":        request("GBP"),
		"no quantity":     request("GBP", line("A", 0)),
		"a huge quantity": request("GBP", line("A", 100_001)),
		"no SKU":          request("GBP", line("", 1)),
		"no currency":     request("", line("A", 1)),
		"1,001 lines":     request("GBP", make([]*commonv1.Line, 1001)...),
	} {
		for i := range wrong.GetLines() {
			if wrong.Lines[i] == nil {
				wrong.Lines[i] = line("A", 1)
			}
		}
		_, err := catalog.QuotePrices(t.Context(), wrong)
		assert.Equal(t, codes.InvalidArgument, status.Code(err), "%s: %v", what, err)
	}
}
