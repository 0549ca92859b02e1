package createproduct_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/contracts/events"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/catalogtest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/commands/createproduct"
	"github.com/ordersaga/ordersaga/services/catalog/internal/wire"
)

const path = "/v1/products"

const mug = `{"sku":"MUG-1","name":"Mug","description":"Holds tea.","price":{"amount":1250,"currency":"GBP"}}`

func TestAProductIsCreatedAndAnnounced(t *testing.T) {
	db := catalogtest.Database(t)
	waker := catalogtest.NewWaker(db)
	shop := catalogtest.REST(t, func(api *rest.API) { createproduct.Route(api, db) })
	before := time.Now().Add(-time.Second)

	answer := shop.Post(t, catalogtest.Operator(t), path, mug)

	require.Equal(t, http.StatusCreated, answer.Status, "%s", answer.Body)
	assert.Equal(t, "/v1/products/MUG-1", answer.Header.Get("Location"))
	assert.Equal(t, `"1"`, answer.Header.Get("ETag"))
	var product wire.Product
	answer.Into(t, &product)
	assert.WithinRange(t, product.CreatedAt, before, time.Now())
	assert.Equal(t, wire.Product{
		SKU: "MUG-1", Name: "Mug", Description: "Holds tea.",
		Categories: []string{}, CategoryPaths: []string{}, Images: []wire.Image{}, Price: wire.Price{Amount: 1250, Currency: "GBP"},
		Active: true, Version: 1, CreatedAt: product.CreatedAt,
	}, product)

	waiting := catalogtest.Outbox(t, db)
	require.Len(t, waiting, 1, "one product, one event")
	event := waiting[0]
	assert.Equal(t, events.ProductCreatedV1, event.Type())
	assert.Equal(t, events.SourceCatalog, event.Source())
	assert.Equal(t, "MUG-1", event.Subject())
	var told events.ProductCreated
	require.NoError(t, event.DataAs(&told))
	assert.Equal(t, events.ProductCreated{
		SKU: "MUG-1", Name: "Mug", Description: "Holds tea.", Price: 1250, Currency: "GBP",
		Active: true, Version: 1, CreatedAt: product.CreatedAt,
	}, told)
	assert.Equal(t, 1, waker.Calls(), "the relay does not wait for its poll")
}

func TestTheSameProductTwiceIsOneProduct(t *testing.T) {
	db := catalogtest.Database(t)
	waker := catalogtest.NewWaker(db)
	shop := catalogtest.REST(t, func(api *rest.API) { createproduct.Route(api, db) })
	operator := catalogtest.Operator(t)
	first := shop.Post(t, operator, path, mug)
	again := shop.Post(t, operator, path, strings.Replace(mug, `"Mug"`, `" Mug "`, 1))
	require.Equal(t, http.StatusOK, again.Status, "%s", again.Body)
	assert.JSONEq(t, string(first.Body), string(again.Body))
	assert.Equal(t, first.Header.Get("Location"), again.Header.Get("Location"))
	assert.Equal(t, first.Header.Get("ETag"), again.Header.Get("ETag"))
	assert.Len(t, catalogtest.Outbox(t, db), 1, "nothing new to tell")
	assert.Equal(t, 1, waker.Calls())
}

func TestASKUIsNeverTwoProducts(t *testing.T) {
	db := catalogtest.Database(t)
	shop := catalogtest.REST(t, func(api *rest.API) { createproduct.Route(api, db) })
	operator := catalogtest.Operator(t)
	first := shop.Post(t, operator, path, mug)
	for _, other := range []string{
		strings.Replace(mug, "1250", "1251", 1),
		strings.Replace(mug, "GBP", "EUR", 1),
		strings.Replace(mug, `"Mug"`, `"Cup"`, 1),
		strings.Replace(mug, "tea", "coffee", 1),
	} {
		answer := shop.Post(t, operator, path, other)
		require.Equal(t, http.StatusConflict, answer.Status, "%s", other)
		problem := answer.Problem(t)
		assert.Equal(t, "https://ordersaga.dev/problems/product-exists", problem.Type)
		assert.Equal(t, "/v1/products/MUG-1", problem.Extra["product"])
	}
	assert.JSONEq(t, string(first.Body), string(shop.Post(t, operator, path, mug).Body), "the first one is as it was")
	assert.Len(t, catalogtest.Outbox(t, db), 1)
}

func TestOfManyAtOnceOneCreates(t *testing.T) {
	db := catalogtest.Database(t)
	shop := catalogtest.REST(t, func(api *rest.API) { createproduct.Route(api, db) })
	operator := catalogtest.Operator(t)
	const callers, contents = 24, 3
	statuses := make([]int, callers)
	var group sync.WaitGroup
	for i := range callers {
		group.Go(func() {
			body := strings.Replace(mug, "1250", fmt.Sprint(1250+i%contents), 1)
			statuses[i] = shop.Post(t, operator, path, body).Status
		})
	}
	group.Wait()
	count := map[int]int{}
	for _, status := range statuses {
		count[status]++
	}
	assert.Equal(t, map[int]int{http.StatusCreated: 1, http.StatusOK: callers/contents - 1, http.StatusConflict: callers - callers/contents}, count)
	assert.Len(t, catalogtest.Outbox(t, db), 1)
}

func TestAProductThatCannotBeAnnouncedIsNotCreated(t *testing.T) {
	db := catalogtest.Database(t)
	shop := catalogtest.REST(t, func(api *rest.API) { createproduct.Route(api, db) })
	_, err := db.SQL.ExecContext(t.Context(), "ALTER TABLE outbox RENAME TO away")
	require.NoError(t, err)
	answer := shop.Post(t, catalogtest.Operator(t), path, mug)
	require.Equal(t, http.StatusInternalServerError, answer.Status)
	assert.NotContains(t, string(answer.Body), "outbox", "insides stay inside")
	var products int
	require.NoError(t, db.SQL.QueryRowContext(t.Context(), "SELECT count(*) FROM products").Scan(&products))
	assert.Zero(t, products)
}

func TestOnlyAnOperatorCreates(t *testing.T) {
	db := catalogtest.Database(t)
	shop := catalogtest.REST(t, func(api *rest.API) { createproduct.Route(api, db) })
	assert.Equal(t, http.StatusUnauthorized, shop.Post(t, "", path, mug).Status)
	assert.Equal(t, http.StatusForbidden, shop.Post(t, catalogtest.Shopper(t), path, mug).Status)
}

func TestWhatIsWrongIsNamed(t *testing.T) {
	db := catalogtest.Database(t)
	shop := catalogtest.REST(t, func(api *rest.API) { createproduct.Route(api, db) })
	operator := catalogtest.Operator(t)
	for field, body := range map[string]string{
		"body.sku":            strings.Replace(mug, "MUG-1", "MUG/1", 1),
		"body.name":           strings.Replace(mug, `"Mug"`, `"  "`, 1),
		"body.description":    strings.Replace(mug, "tea", `\u0007`, 1),
		"body.price.amount":   strings.Replace(mug, "1250", "-1", 1),
		"body.price.currency": strings.Replace(mug, "GBP", "ZZZ", 1),
		"body.colour":         strings.Replace(mug, "{", `{"colour":"red",`, 1),
	} {
		answer := shop.Post(t, operator, path, body)
		require.Equal(t, http.StatusUnprocessableEntity, answer.Status, "%s: %s", body, answer.Body)
		problem := answer.Problem(t)
		require.NotEmpty(t, problem.Errors, "%s", answer.Body)
		assert.Equal(t, field, problem.Errors[0].Field)
	}
	for _, fraction := range []string{"12.5", "1e-3", `"1250"`, "9007199254740992"} {
		answer := shop.Post(t, operator, path, strings.Replace(mug, "1250", fraction, 1))
		assert.Equal(t, http.StatusUnprocessableEntity, answer.Status, "an amount of %s: %s", fraction, answer.Body)
	}
	var products int
	require.NoError(t, db.SQL.QueryRowContext(t.Context(), "SELECT count(*) FROM products").Scan(&products))
	assert.Zero(t, products)
}
