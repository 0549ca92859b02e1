package internal_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/contracts/events"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/services/catalog/internal/catalogtest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/commands/applyprices"
	"github.com/ordersaga/ordersaga/services/catalog/internal/commands/changeprice"
	"github.com/ordersaga/ordersaga/services/catalog/internal/commands/withdrawprice"
	"github.com/ordersaga/ordersaga/services/catalog/internal/queries/listprices"
	"github.com/ordersaga/ordersaga/services/catalog/internal/store"
	"github.com/ordersaga/ordersaga/services/catalog/internal/wire"
)

const prices = "/v1/products/MUG-1/prices"

// shop is a catalog that sells a mug for 1250.
type shop struct {
	*catalogtest.Client
	db       *postgres.DB
	waker    *catalogtest.Waker
	operator string
}

func open(t *testing.T) *shop {
	t.Helper()
	db := catalogtest.Database(t)
	s := &shop{db: db, waker: catalogtest.NewWaker(db), operator: catalogtest.Operator(t)}
	s.Client = catalogtest.REST(t, func(api *rest.API) {
		changeprice.Route(api, s.db)
		withdrawprice.Route(api, s.db)
		listprices.Route(api, s.db)
	})
	catalogtest.Store(t, s.db, "MUG-1", "Mug", 1250)
	return s
}

// set asks for a price, from a time on unless it is zero.
func (s *shop) set(t *testing.T, ifMatch string, amount int64, from time.Time) catalogtest.Answer {
	t.Helper()
	body := fmt.Sprintf(`{"amount":%d,"currency":"GBP"}`, amount)
	if !from.IsZero() {
		body = fmt.Sprintf(`{"amount":%d,"currency":"GBP","from":%q}`, amount, from.Format(time.RFC3339Nano))
	}
	return s.PostIf(t, s.operator, prices, ifMatch, body)
}

// history is the amounts, the latest first, "s" for scheduled ones.
func (s *shop) history(t *testing.T) (amounts []string) {
	t.Helper()
	next := ""
	for pages := 0; pages == 0 || next != ""; pages++ {
		require.Less(t, pages, 10)
		answer := s.Get(t, s.operator, prices+"?limit=2&cursor="+url.QueryEscape(next))
		require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
		var page listprices.PriceHistory
		answer.Into(t, &page)
		for _, price := range page.Prices {
			assert.Equal(t, "GBP", price.Currency)
			amounts = append(amounts, fmt.Sprint(price.Amount)+map[bool]string{true: "s"}[price.Scheduled])
		}
		next = string(page.Next)
	}
	return amounts
}

// due lets the times of all scheduled prices come, in their order.
func (s *shop) due(t *testing.T) {
	t.Helper()
	_, err := s.db.SQL.ExecContext(t.Context(), `
		UPDATE prices SET valid_from = clock_timestamp() - interval '1 millisecond' * (
			SELECT count(*) FROM prices AS later WHERE later.sku = prices.sku AND later.pending AND later.valid_from > prices.valid_from)
		WHERE pending`)
	require.NoError(t, err)
}

func (s *shop) apply(t *testing.T) int {
	t.Helper()
	result, err := applyprices.New(s.db).Handle(t.Context(), applyprices.Command{})
	require.NoError(t, err)
	return result.Products
}

func (s *shop) quoted(t *testing.T) int64 {
	t.Helper()
	offers, err := store.Offers(t.Context(), s.db.SQL, []string{"MUG-1"})
	require.NoError(t, err)
	return offers["MUG-1"].Price.Amount()
}

func (s *shop) version(t *testing.T) (version int64) {
	t.Helper()
	require.NoError(t, s.db.SQL.QueryRowContext(t.Context(), "SELECT version FROM products WHERE sku = 'MUG-1'").Scan(&version))
	return version
}

func TestAPriceFromNowOnIsTheProductsNextVersion(t *testing.T) {
	s := open(t)
	answer := s.set(t, `"1"`, 1350, time.Time{})
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	assert.Equal(t, `"2"`, answer.Header.Get("ETag"))
	var price wire.ProductPrice
	answer.Into(t, &price)
	assert.EqualValues(t, 1350, price.Amount)
	assert.False(t, price.Scheduled)
	assert.WithinDuration(t, time.Now(), price.From, time.Minute)
	assert.EqualValues(t, 1350, s.quoted(t))

	told := catalogtest.Outbox(t, s.db)
	require.Len(t, told, 1)
	var product events.ProductChanged
	require.NoError(t, told[0].DataAs(&product))
	assert.EqualValues(t, 1350, product.Price)
	assert.EqualValues(t, 2, product.Version)
	assert.Equal(t, 1, s.waker.Calls())

	again := s.set(t, `"1"`, 1350, time.Time{})
	require.Equal(t, http.StatusOK, again.Status, "who did not hear the answer asks again: %s", again.Body)
	assert.JSONEq(t, string(answer.Body), string(again.Body))
	assert.Equal(t, http.StatusPreconditionFailed, s.set(t, `"1"`, 1400, time.Time{}).Status)
	assert.Len(t, catalogtest.Outbox(t, s.db), 1)
	assert.Equal(t, []string{"1350", "1250"}, s.history(t))
}

func TestAScheduledPriceTakesEffectAtItsTime(t *testing.T) {
	s := open(t)
	later := time.Now().Add(time.Hour).Truncate(time.Second)
	first := s.set(t, `"1"`, 1100, later)
	require.Equal(t, http.StatusOK, first.Status, "%s", first.Body)
	assert.Equal(t, `"1"`, first.Header.Get("ETag"), "the product is as it was")
	assert.JSONEq(t, string(first.Body), string(s.set(t, `"1"`, 1100, later).Body), "safe to repeat")
	other := s.set(t, `"1"`, 1101, later)
	require.Equal(t, http.StatusConflict, other.Status)
	assert.Equal(t, "https://ordersaga.dev/problems/price-already-scheduled", other.Problem(t).Type)
	require.Equal(t, http.StatusOK, s.set(t, `"1"`, 1600, later.Add(time.Hour)).Status)

	assert.EqualValues(t, 1250, s.quoted(t))
	assert.Zero(t, s.apply(t), "nothing is due")
	assert.Empty(t, catalogtest.Outbox(t, s.db))
	assert.Equal(t, []string{"1600s", "1100s", "1250"}, s.history(t))

	s.due(t)
	assert.EqualValues(t, 1600, s.quoted(t), "a quote does not wait for the loop, and takes the latest")
	assert.Equal(t, 1, s.apply(t))
	assert.Zero(t, s.apply(t), "once")
	assert.EqualValues(t, 1600, s.quoted(t))
	assert.EqualValues(t, 2, s.version(t))
	told := catalogtest.Outbox(t, s.db)
	require.Len(t, told, 1)
	var product events.ProductChanged
	require.NoError(t, told[0].DataAs(&product))
	assert.EqualValues(t, 1600, product.Price)
	assert.EqualValues(t, 2, product.Version)
	assert.Equal(t, []string{"1600", "1100", "1250"}, s.history(t), "each is in the history, once")
}

// A price from now on comes after one whose time came just before, even if that one is not in the
// product's row yet.
func TestAPriceFromNowOnFollowsOneThatIsDue(t *testing.T) {
	s := open(t)
	require.Equal(t, http.StatusOK, s.set(t, `"1"`, 1100, time.Now().Add(time.Hour)).Status)
	s.due(t)
	require.Equal(t, http.StatusOK, s.set(t, `"1"`, 1700, time.Time{}).Status)
	assert.EqualValues(t, 1700, s.quoted(t))
	assert.Zero(t, s.apply(t))
	assert.Equal(t, []string{"1700", "1100", "1250"}, s.history(t))
}

func TestManyDuePricesTakeEffectOnceHoweverManyLoopsThereAre(t *testing.T) {
	s := open(t)
	const products = 1200
	_, err := s.db.SQL.ExecContext(t.Context(), `
		INSERT INTO products (sku, name, description, price_amount, currency, active, version, created_at, updated_at)
		SELECT 'P-' || n, 'P', '', 100, 'GBP', true, 1, now(), now() FROM generate_series(1, $1) AS n`, products)
	require.NoError(t, err)
	_, err = s.db.SQL.ExecContext(t.Context(), `
		INSERT INTO prices (sku, valid_from, amount, pending)
		SELECT 'P-' || n, clock_timestamp(), 200, true FROM generate_series(1, $1) AS n`, products)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 3)
	for range cap(ended) {
		go func() { ended <- applyprices.NewLoop(s.db).Run(ctx) }()
	}
	waitUntilNoneIsDue(t, s.db)
	stop()
	for range cap(ended) {
		require.NoError(t, <-ended)
	}
	var wrong int
	require.NoError(t, s.db.SQL.QueryRowContext(t.Context(), `
		SELECT count(*) FROM products WHERE sku LIKE 'P-%' AND (price_amount <> 200 OR version <> 2)`).Scan(&wrong))
	assert.Zero(t, wrong)
	assert.Len(t, catalogtest.Outbox(t, s.db), products, "one event for each")
}

func TestAScheduledPriceCanBeWithdrawn(t *testing.T) {
	s := open(t)
	later := time.Now().Add(time.Hour).UTC().Truncate(time.Millisecond)
	one := prices + "/" + later.Format(time.RFC3339Nano)
	require.Equal(t, http.StatusNotFound, s.Delete(t, s.operator, one, "").Status)
	require.Equal(t, http.StatusOK, s.set(t, `"1"`, 1100, later).Status)
	assert.Equal(t, http.StatusForbidden, s.Delete(t, catalogtest.Shopper(t), one, "").Status)
	require.Equal(t, http.StatusNoContent, s.Delete(t, s.operator, one, "").Status)
	gone := s.Delete(t, s.operator, one, "")
	require.Equal(t, http.StatusNotFound, gone.Status)
	assert.Equal(t, "https://ordersaga.dev/problems/price-not-scheduled", gone.Problem(t).Type)
	assert.Equal(t, []string{"1250"}, s.history(t))

	require.Equal(t, http.StatusOK, s.set(t, `"1"`, 1100, later).Status)
	s.due(t)
	var from time.Time
	require.NoError(t, s.db.SQL.QueryRowContext(t.Context(), "SELECT valid_from FROM prices WHERE pending").Scan(&from))
	assert.Equal(t, http.StatusNotFound, s.Delete(t, s.operator, prices+"/"+from.UTC().Format(time.RFC3339Nano), "").Status, "it holds, whatever its row says")
}

func TestWhatIsNoPriceIsRefused(t *testing.T) {
	s := open(t)
	later := time.Now().Add(time.Hour).Format(time.RFC3339)
	for body, field := range map[string]string{
		`{"amount":-1,"currency":"GBP"}`:                                                                  "body.amount",
		`{"amount":1.5,"currency":"GBP"}`:                                                                 "body.amount",
		`{"amount":1,"currency":"EUR"}`:                                                                   "body.currency",
		`{"amount":1,"currency":"EUR","from":"` + later + `"}`:                                            "body.currency",
		`{"amount":1,"currency":"GBP","from":"2020-01-01T00:00:00Z"}`:                                     "body.from",
		`{"amount":1,"currency":"GBP","from":"soon"}`:                                                     "body.from",
		`{"amount":1,"currency":"GBP","from":"` + time.Now().AddDate(6, 0, 0).Format(time.RFC3339) + `"}`: "body.from",
		`{"amount":1,"currency":"GBP","until":"` + later + `"}`:                                           "body.until",
	} {
		answer := s.PostIf(t, s.operator, prices, `"1"`, body)
		require.Equal(t, http.StatusUnprocessableEntity, answer.Status, "%s: %s", body, answer.Body)
		assert.Equal(t, field, answer.Problem(t).Errors[0].Field, "%s: %s", body, answer.Body)
	}
	const good = `{"amount":1,"currency":"GBP"}`
	scheduled := `{"amount":1,"currency":"GBP","from":"` + later + `"}`
	assert.Equal(t, http.StatusPreconditionRequired, s.PostIf(t, s.operator, prices, "", good).Status)
	assert.Equal(t, http.StatusPreconditionFailed, s.PostIf(t, s.operator, prices, `"2"`, good).Status)
	assert.Equal(t, http.StatusPreconditionFailed, s.PostIf(t, s.operator, prices, `"2"`, scheduled).Status)
	for _, sku := range []string{"NONE", "a%20b", strings.Repeat("x", 500)} {
		assert.Equal(t, http.StatusNotFound, s.PostIf(t, s.operator, "/v1/products/"+sku+"/prices", "*", good).Status, sku)
		assert.Equal(t, http.StatusNotFound, s.Get(t, s.operator, "/v1/products/"+sku+"/prices").Status, sku)
	}
	shopper := catalogtest.Shopper(t)
	assert.Equal(t, http.StatusForbidden, s.PostIf(t, shopper, prices, "*", good).Status)
	assert.Equal(t, http.StatusForbidden, s.Get(t, shopper, prices).Status, "what it will cost is the shop's own business")
	assert.Equal(t, []string{"1250"}, s.history(t))

	_, err := s.db.SQL.ExecContext(t.Context(), `
		INSERT INTO prices (sku, valid_from, amount, pending) SELECT 'MUG-1', now() + interval '1 day' * n, 1, true FROM generate_series(1, 100) AS n`)
	require.NoError(t, err)
	tooMany := s.PostIf(t, s.operator, prices, `"1"`, scheduled)
	require.Equal(t, http.StatusConflict, tooMany.Status)
	assert.Equal(t, "https://ordersaga.dev/problems/too-many-scheduled-prices", tooMany.Problem(t).Type)
	assert.Equal(t, http.StatusOK, s.PostIf(t, s.operator, prices, `"1"`, good).Status, "a price from now on is none of them")
}

func waitUntilNoneIsDue(t *testing.T, db *postgres.DB) {
	t.Helper()
	testkit.Eventually(t, "all prices to take effect", func() bool {
		due, err := store.PricesDue(t.Context(), db)
		return err == nil && !due
	})
}
