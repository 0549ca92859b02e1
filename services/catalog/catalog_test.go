package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/ordersaga/ordersaga/contracts/events"
	catalogv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/catalog/v1"
	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/broker"
	"github.com/ordersaga/ordersaga/platform/config"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/platform/rpc"
	"github.com/ordersaga/ordersaga/platform/telemetry"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/platform/testkit/apitest"
	"github.com/ordersaga/ordersaga/platform/testkit/netfault"
	"github.com/ordersaga/ordersaga/services/catalog/internal/catalogtest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/wire"
)

const newMug = `{"sku":"MUG-1","name":"Mug","description":"Holds tea.","price":{"amount":1250,"currency":"GBP"}}`

// running is the whole service in this process.
type running struct {
	*catalogtest.Client
	admin *catalogtest.Client
	stop  func()
}

// newShop is settings with stores of its own.
func newShop(t *testing.T, amqpURL string) settings {
	t.Helper()
	uri, database := testkit.MongoDB(t)
	cfg := settings{
		Server:          config.Server{Host: "127.0.0.1", Port: testkit.FreePort(t), GRPCPort: testkit.FreePort(t), AdminPort: testkit.FreePort(t)},
		Auth:            testkit.Auth(t),
		DatabaseURL:     config.Secret(testkit.Postgres(t)),
		MongoDBURI:      config.Secret(uri),
		MongoDBDatabase: database,
		AMQPURL:         config.Secret(amqpURL),
		ImportMiB:       1,
	}
	require.NoError(t, cfg.Validate())
	return cfg
}

// start runs the program and waits until it is ready.
func start(t *testing.T, cfg settings) running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, cfg) }()
	r := running{
		Client: catalogtest.NewClient("http://" + cfg.Address()),
		admin:  catalogtest.NewClient("http://" + cfg.AdminAddress()),
		stop: sync.OnceFunc(func() {
			cancel()
			assert.NoError(t, <-ended, "an orderly stop")
		}),
	}
	t.Cleanup(r.stop)
	testkit.Eventually(t, "the catalog to be ready", func() bool {
		select {
		case err := <-ended:
			t.Fatalf("the catalog did not start: %v", err)
		default:
		}
		connection, err := net.DialTimeout("tcp", cfg.Address(), time.Second)
		if err != nil {
			return false
		}
		_ = connection.Close()
		return r.Get(t, "", "/readyz").Status == http.StatusOK
	})
	return r
}

// company is the rest of the company, which publishes once the catalog listens.
func company(t *testing.T, amqpURL string) *broker.Broker {
	t.Helper()
	b := broker.Connect(context.Background(), amqpURL, broker.Queues(events.Queues())...)
	t.Cleanup(b.Close)
	testkit.Eventually(t, "the company to reach the broker", func() bool { return b.Ready(t.Context()) == nil })
	return b
}

func shown(t *testing.T, catalog running, token, sku string) (wire.Product, bool) {
	t.Helper()
	answer := catalog.Get(t, token, "/v1/products/"+sku)
	var product wire.Product
	if answer.Status == http.StatusOK {
		answer.Into(t, &product)
	}
	return product, answer.Status == http.StatusOK
}

func TestAProductAndItsStockReachShoppers(t *testing.T) {
	url := testkit.AMQP(t)
	catalog, inventory := start(t, newShop(t, url)), company(t, url)
	operator, shopper := catalogtest.Operator(t), catalogtest.Shopper(t)

	created := catalog.Post(t, operator, "/v1/products", newMug)
	require.Equal(t, http.StatusCreated, created.Status, "%s", created.Body)
	testkit.Eventually(t, "the product on the read side", func() bool { _, ok := shown(t, catalog, shopper, "MUG-1"); return ok })
	read := catalog.Get(t, shopper, "/v1/products/MUG-1")
	assert.JSONEq(t, string(created.Body), string(read.Body), "what was created is what is shown")
	assert.Equal(t, created.Header.Get("ETag"), read.Header.Get("ETag"))

	require.NoError(t, inventory.Publish(t.Context(), catalogtest.Stocked(t, "MUG-1", 40)))
	testkit.Eventually(t, "its stock", func() bool {
		product, _ := shown(t, catalog, shopper, "MUG-1")
		return product.Stock != nil && product.Stock.Available == 40
	})
	assert.Contains(t, string(catalog.Get(t, shopper, "/v1/products").Body), `"stock":{"available":40}`)
}

func TestAProductAndItsStockAreFound(t *testing.T) {
	url := testkit.AMQP(t)
	cfg := newShop(t, url)
	cfg.Search.Dir = t.TempDir()
	catalog, inventory := start(t, cfg), company(t, url)
	operator, shopper := catalogtest.Operator(t), catalogtest.Shopper(t)
	found := func(query string) string {
		answer := catalog.Get(t, shopper, "/v1/products/search?"+query)
		require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
		return string(answer.Body)
	}
	require.Equal(t, http.StatusCreated, catalog.Post(t, operator, "/v1/products", newMug).Status)
	testkit.Eventually(t, "the mug to be found", func() bool { return strings.Contains(found("q=mugs"), `"total":1`) })
	assert.Contains(t, found("q=mugs&availability=in_stock"), `"total":0`)
	require.NoError(t, inventory.Publish(t.Context(), catalogtest.Stocked(t, "MUG-1", 40)))
	testkit.Eventually(t, "the mug in stock", func() bool {
		return strings.Contains(found("q=mugs&availability=in_stock"), `"stock":{"available":40}`)
	})

	catalog.stop()
	again := start(t, cfg)
	answer := again.Get(t, shopper, "/v1/products/search?q=mug")
	assert.Contains(t, string(answer.Body), `"total":1`, "the index is in its folder, and is there at once after a restart")
}

func TestAQuoteIsGoodAtOnceAndHasTheShopsRates(t *testing.T) {
	cfg := newShop(t, testkit.AMQP(t))
	cfg.Pricing = pricingSettings{Shipping: map[string]int64{"GBP": 395}, Tax: 2000}
	catalog := start(t, cfg)
	require.Equal(t, http.StatusCreated, catalog.Post(t, catalogtest.Operator(t), "/v1/products", newMug).Status)

	connection, err := rpc.Dial(cfg.GRPCAddress(), apitest.Bearer(testkit.Token(t, "orders", auth.ScopeService)))
	require.NoError(t, err)
	defer connection.Close()
	quote, err := catalogv1.NewCatalogServiceClient(connection).QuotePrices(t.Context(), &catalogv1.QuotePricesRequest{
		Currency: "GBP", Lines: []*commonv1.Line{{Number: 1, Sku: "MUG-1", Quantity: 2}},
	})
	require.NoError(t, err)
	assert.EqualValues(t, 2500+395+579, quote.GetTotal().GetAmount(), "goods, shipping and 20 %% of both")
}

func TestAChangeIsQuotedAtOnceAndReachesShoppers(t *testing.T) {
	cfg := newShop(t, testkit.AMQP(t))
	catalog := start(t, cfg)
	operator, shopper := catalogtest.Operator(t), catalogtest.Shopper(t)
	require.Equal(t, http.StatusCreated, catalog.Post(t, operator, "/v1/products", newMug).Status)
	connection, err := rpc.Dial(cfg.GRPCAddress(), apitest.Bearer(testkit.Token(t, "orders", auth.ScopeService)))
	require.NoError(t, err)
	defer connection.Close()
	quote := func() (*catalogv1.QuotePricesResponse, error) {
		return catalogv1.NewCatalogServiceClient(connection).QuotePrices(t.Context(), &catalogv1.QuotePricesRequest{
			Currency: "GBP", Lines: []*commonv1.Line{{Number: 1, Sku: "MUG-1", Quantity: 2}},
		})
	}
	change := func(changed catalogtest.Answer) {
		require.Equal(t, http.StatusOK, changed.Status, "%s", changed.Body)
		testkit.Eventually(t, "the change on the read side", func() bool {
			read := catalog.Get(t, shopper, "/v1/products/MUG-1")
			return read.Header.Get("ETag") == changed.Header.Get("ETag") && assert.JSONEq(t, string(changed.Body), string(read.Body))
		})
	}

	const mug = "/v1/products/MUG-1"
	change(catalog.Put(t, operator, mug, `"1"`, `{"name":"Blue mug","description":""}`))
	require.Equal(t, http.StatusOK, catalog.PostIf(t, operator, mug+"/prices", `"2"`, `{"amount":1350,"currency":"GBP"}`).Status)
	quoted, err := quote()
	require.NoError(t, err)
	assert.EqualValues(t, 2700, quoted.GetTotal().GetAmount())
	assert.Equal(t, "Blue mug", quoted.GetLines()[0].GetName())

	change(catalog.PostIf(t, operator, mug+"/retirement", `"3"`, ""))
	_, err = quote()
	refused, ok := refusal.As(err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, refusals.UnknownProduct, refused.Reason, "what is not for sale can be read, not ordered")
	assert.Contains(t, string(catalog.Get(t, operator, "/v1/audit/products").Body), `{"sku":"MUG-1"}`, "nothing to find for an auditor")
}

func TestTheCatalogWorksWhileTheBrokerIsAway(t *testing.T) {
	line := netfault.New(t, testkit.AMQP(t))
	catalog := start(t, newShop(t, line.URL()))
	operator := catalogtest.Operator(t)
	line.Cut()
	for i := range 5 {
		body := fmt.Sprintf(`{"sku":"SKU-%d","name":"n","price":{"amount":%d,"currency":"GBP"}}`, i, i)
		require.Equal(t, http.StatusCreated, catalog.Post(t, operator, "/v1/products", body).Status)
	}
	assert.Equal(t, http.StatusOK, catalog.admin.Get(t, "", "/readyz").Status, "the broker is no part of readiness")
	line.Mend()
	for i := range 5 {
		testkit.Eventually(t, "SKU-"+strconv.Itoa(i)+" on the read side", func() bool {
			_, ok := shown(t, catalog, operator, "SKU-"+strconv.Itoa(i))
			return ok
		})
	}
}

func TestPoisonIsSetAsideAndTheRestGoesOn(t *testing.T) {
	url := testkit.AMQP(t)
	catalog, inventory := start(t, newShop(t, url)), company(t, url)
	poison := catalogtest.Event(t, events.StockChangedV1, events.SourceInventory, "receipt-1", map[string]any{"levels": "many"})
	require.Equal(t, http.StatusCreated, catalog.Post(t, catalogtest.Operator(t), "/v1/products", newMug).Status)
	require.NoError(t, inventory.Publish(t.Context(), poison, catalogtest.Stocked(t, "MUG-1", 7)))
	shopper := catalogtest.Shopper(t)
	testkit.Eventually(t, "the good events behind the bad one", func() bool {
		product, ok := shown(t, catalog, shopper, "MUG-1")
		return ok && product.Stock != nil
	})
	connection, err := amqp.Dial(url)
	require.NoError(t, err)
	defer connection.Close()
	channel, err := connection.Channel()
	require.NoError(t, err)
	var dead amqp.Delivery
	testkit.Eventually(t, "the bad event in the dead-letter queue", func() bool {
		message, ok, err := channel.Get("ordersaga.catalog.read-side.dead", true)
		require.NoError(t, err)
		dead = message
		return ok
	})
	assert.Equal(t, poison.ID(), dead.MessageId)
	assert.Equal(t, "poison", dead.Headers[broker.HeaderCause])
}

func TestWhatWasAnsweredBeforeAStopIsThereAfterTheNextStart(t *testing.T) {
	shop := newShop(t, testkit.AMQP(t))
	operator := catalogtest.Operator(t)
	catalog := start(t, shop)
	const callers, enough = 4, 40
	var answered sync.Map
	var count atomic.Int64
	halfway := make(chan struct{})
	var group sync.WaitGroup
	for caller := range callers {
		group.Go(func() {
			for i := 0; ; i++ {
				sku := fmt.Sprintf("SKU-%d-%d", caller, i)
				if !created(t, catalog.URL, operator, sku) {
					return // the catalog is gone
				}
				answered.Store(sku, true)
				if count.Add(1) == enough {
					close(halfway)
				}
			}
		})
	}
	<-halfway
	catalog.stop()
	group.Wait()

	catalog = start(t, shop)
	answered.Range(func(sku, _ any) bool {
		testkit.Eventually(t, sku.(string)+" on the read side", func() bool { _, ok := shown(t, catalog, operator, sku.(string)); return ok })
		return true
	})
}

// created posts a product to a catalog that may stop meanwhile.
func created(t *testing.T, url, token, sku string) bool {
	body := strings.NewReader(fmt.Sprintf(`{"sku":%q,"name":"n","price":{"amount":1,"currency":"GBP"}}`, sku))
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v1/products", body)
	if !assert.NoError(t, err) {
		return false
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	return assert.Equal(t, http.StatusCreated, response.StatusCode, "a request that was taken is answered")
}

func TestOneTraceFromTheRequestToTheBroker(t *testing.T) {
	url := testkit.AMQP(t)
	spans := tracetest.NewInMemoryExporter()
	telemetry.SetupForTest(t, spans)
	catalog := start(t, newShop(t, url))
	operator := catalogtest.Operator(t)
	require.Equal(t, http.StatusCreated, catalog.Post(t, operator, "/v1/products", newMug).Status)
	var names map[string]bool
	testkit.Eventually(t, "the event in the trace of the request", func() bool {
		names = map[string]bool{}
		var trace string
		for _, span := range spans.GetSpans() {
			if span.Name == "command create_product" {
				trace = span.SpanContext.TraceID().String()
			}
		}
		for _, span := range spans.GetSpans() {
			if span.SpanContext.TraceID().String() == trace {
				names[span.Name] = true
			}
		}
		return names["publish com.ordersaga.catalog.product-created.v1"]
	})
	assert.True(t, names["POST /v1/products"], "%v", names)
}

func TestScheduledPricesReachShoppersAlsoAcrossARestart(t *testing.T) {
	cfg := newShop(t, testkit.AMQP(t))
	first := start(t, cfg)
	operator, shopper := catalogtest.Operator(t), catalogtest.Shopper(t)
	require.Equal(t, http.StatusCreated, first.Post(t, operator, "/v1/products", newMug).Status)
	schedule := func(catalog running, amount int, ahead time.Duration) {
		t.Helper()
		answer := catalog.PostIf(t, operator, "/v1/products/MUG-1/prices", "*",
			fmt.Sprintf(`{"amount":%d,"currency":"GBP","from":%q}`, amount, time.Now().Add(ahead).Format(time.RFC3339Nano)))
		require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	}
	schedule(first, 1100, time.Hour)
	first.stop()
	db, err := postgres.Open(t.Context(), cfg.DatabaseURL.Reveal())
	require.NoError(t, err)
	defer db.Close()
	_, err = db.SQL.ExecContext(t.Context(), "UPDATE prices SET valid_from = clock_timestamp() WHERE pending")
	require.NoError(t, err)

	second := start(t, cfg)
	costs := func(amount int64) func() bool {
		return func() bool {
			product, there := shown(t, second, shopper, "MUG-1")
			return there && product.Price.Amount == amount
		}
	}
	testkit.Eventually(t, "the price whose time came while nothing ran", costs(1100))
	schedule(second, 1600, 5*time.Second)
	testkit.Eventually(t, "the price whose time comes", costs(1600))
	product, _ := shown(t, second, shopper, "MUG-1")
	assert.EqualValues(t, 3, product.Version)
}
