package createproducts_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/catalogtest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/commands/createproducts"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
	"github.com/ordersaga/ordersaga/services/catalog/internal/store"
	"github.com/ordersaga/ordersaga/services/catalog/internal/wire"
)

const path = "/v1/products/bulk"

type body struct {
	Products []wire.NewProduct `json:"products"`
}

type answered struct {
	Products []struct {
		SKU     string                 `json:"sku"`
		Outcome createproducts.Outcome `json:"outcome"`
	} `json:"products"`
}

func product(sku string, price int64) wire.NewProduct {
	return wire.NewProduct{SKU: sku, Name: "the " + sku, Price: wire.Price{Amount: price, Currency: "GBP"}}
}

func bulk(t *testing.T) (*postgres.DB, *catalogtest.Waker, *catalogtest.Client) {
	t.Helper()
	db := catalogtest.Database(t)
	waker := catalogtest.NewWaker(db)
	return db, waker, catalogtest.REST(t, func(api *rest.API) {
		createproducts.Route(api, db)
	})
}

func outcomes(t *testing.T, answer catalogtest.Answer) (list []string) {
	t.Helper()
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	var a answered
	answer.Into(t, &a)
	for _, p := range a.Products {
		list = append(list, p.SKU+" "+string(p.Outcome))
	}
	return list
}

func TestEachProductHasItsOutcome(t *testing.T) {
	db, waker, shop := bulk(t)
	operator := catalogtest.Operator(t)
	assert.Equal(t, []string{"B created", "A created"},
		outcomes(t, shop.Post(t, operator, path, body{[]wire.NewProduct{product("B", 1), product("A", 2)}})))
	assert.Equal(t, []string{"C created", "A conflict", "C unchanged", "B unchanged", "C conflict"},
		outcomes(t, shop.Post(t, operator, path, body{[]wire.NewProduct{product("C", 3), product("A", 9), product("C", 3), product("B", 1), product("C", 4)}})))

	var announced []string
	for _, event := range catalogtest.Outbox(t, db) {
		announced = append(announced, event.Subject())
	}
	assert.Equal(t, []string{"B", "A", "C"}, announced, "each product is told of once")
	assert.Equal(t, 2, waker.Calls())
	var price int64
	require.NoError(t, db.SQL.QueryRowContext(t.Context(), "SELECT price_amount FROM products WHERE sku = 'A'").Scan(&price))
	assert.EqualValues(t, 2, price, "a conflict leaves the product as it was")
}

func TestAThousandProductsInOneRequest(t *testing.T) {
	db, _, shop := bulk(t)
	var many body
	for i := range createproducts.MaxProducts {
		p := product(fmt.Sprintf("SKU-%d", i), int64(i))
		p.Description = strings.Repeat("long ", 400)
		many.Products = append(many.Products, p)
	}
	operator := catalogtest.Operator(t)
	for _, want := range []string{"created", "unchanged"} {
		for i, outcome := range outcomes(t, shop.Post(t, operator, path, many)) {
			require.Equal(t, fmt.Sprintf("SKU-%d %s", i, want), outcome)
		}
	}
	assert.Len(t, catalogtest.Outbox(t, db), createproducts.MaxProducts)
	many.Products = append(many.Products, product("ONE-MORE", 1))
	assert.Equal(t, http.StatusUnprocessableEntity, shop.Post(t, operator, path, many).Status)
}

func TestNothingIsCreatedWhenOneIsWrong(t *testing.T) {
	db, waker, shop := bulk(t)
	wrong := product("B", 1)
	wrong.Price.Currency = "ZZZ"
	worse := product("C", 1)
	worse.Name = "\t"
	answer := shop.Post(t, catalogtest.Operator(t), path, body{[]wire.NewProduct{product("A", 1), wrong, worse}})
	require.Equal(t, http.StatusUnprocessableEntity, answer.Status)
	problem := answer.Problem(t)
	require.Len(t, problem.Errors, 2)
	assert.Equal(t, "body.products[1].price.currency", problem.Errors[0].Field)
	assert.Equal(t, "body.products[2].name", problem.Errors[1].Field)
	var products int
	require.NoError(t, db.SQL.QueryRowContext(t.Context(), "SELECT count(*) FROM products").Scan(&products))
	assert.Zero(t, products)
	assert.Zero(t, waker.Calls())
}

func TestOnlyAnOperatorCreatesMany(t *testing.T) {
	_, _, shop := bulk(t)
	request := body{[]wire.NewProduct{product("A", 1)}}
	assert.Equal(t, http.StatusUnauthorized, shop.Post(t, "", path, request).Status)
	assert.Equal(t, http.StatusForbidden, shop.Post(t, catalogtest.Shopper(t), path, request).Status)
	assert.Equal(t, http.StatusUnprocessableEntity, shop.Post(t, catalogtest.Operator(t), path, body{[]wire.NewProduct{}}).Status)
}

// Without the order in the insert, transactions that name the same SKUs in different orders
// deadlock. Bare transactions here: InTx would try again and hide it.
func TestOverlappingBulksDoNotDeadlock(t *testing.T) {
	db := catalogtest.Database(t)
	const writers, rounds, skus = 8, 5, 300
	var created sync.Map
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			for round := range rounds {
				var wanted []*domain.Product
				for _, i := range rand.Perm(skus) {
					p, err := domain.NewProduct(product(fmt.Sprintf("R%d-%d", round, i), 1).Content(), time.Now())
					if !assert.NoError(t, err) {
						return
					}
					wanted = append(wanted, p)
				}
				err := db.WithContext(t.Context()).Transaction(func(tx *gorm.DB) error {
					return createAll(t.Context(), tx, wanted, &created)
				})
				if !assert.NoError(t, err) {
					return
				}
			}
		})
	}
	group.Wait()
	total := 0
	created.Range(func(_, _ any) bool { total++; return true })
	assert.Equal(t, rounds*skus, total, "each SKU is created by exactly one of them")
}

func createAll(ctx context.Context, tx *gorm.DB, wanted []*domain.Product, created *sync.Map) error {
	_, mine, err := store.CreateAll(ctx, &postgres.Tx{DB: tx, Querier: tx.Statement.ConnPool}, wanted)
	for sku := range mine {
		if _, twice := created.LoadOrStore(sku, true); twice {
			return fmt.Errorf("%s was created twice", sku)
		}
	}
	return err
}
