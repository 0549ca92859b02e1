package changeproduct_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/contracts/events"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/catalogtest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/commands/changeproduct"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
	"github.com/ordersaga/ordersaga/services/catalog/internal/store"
	"github.com/ordersaga/ordersaga/services/catalog/internal/wire"
)

const (
	path = "/v1/products/MUG-1"
	// same is what the mug is already, larger is another name.
	same   = `{"name":"Mug","description":"Holds tea."}`
	larger = `{"name":"Large mug","description":"Holds tea."}`
)

// shop is a catalog in which the mug is on sale.
type shop struct {
	*catalogtest.Client
	db       *postgres.DB
	waker    *catalogtest.Waker
	operator string
	mug      wire.Product
}

func open(t *testing.T) *shop {
	t.Helper()
	db := catalogtest.Database(t)
	s := &shop{db: db, waker: catalogtest.NewWaker(db), operator: catalogtest.Operator(t)}
	s.Client = catalogtest.REST(t, func(api *rest.API) {
		changeproduct.Route(api, s.db)
	})
	mug, err := domain.NewProduct(domain.Content{SKU: "MUG-1", Name: "Mug", Description: "Holds tea.", Price: 1250, Currency: "GBP"}, catalogtest.At)
	require.NoError(t, err)
	require.NoError(t, s.db.InTx(t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
		_, _, err := store.Create(ctx, tx, mug)
		return err
	}))
	s.mug = wire.Stored(mug)
	return s
}

// change is an answer of 200 and what it shows.
func (s *shop) change(t *testing.T, ifMatch, body string) wire.Product {
	t.Helper()
	answer := s.Put(t, s.operator, path, ifMatch, body)
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	var product wire.Product
	answer.Into(t, &product)
	assert.Equal(t, rest.ETag(product.Version), answer.Header.Get("ETag"))
	return product
}

// isAt is what the database has: the version, and how many changes were told.
func (s *shop) isAt(t *testing.T, version int64, changes int) {
	t.Helper()
	var stored int64
	require.NoError(t, s.db.SQL.QueryRowContext(t.Context(), "SELECT version FROM products WHERE sku = 'MUG-1'").Scan(&stored))
	assert.Equal(t, version, stored)
	assert.Len(t, catalogtest.Outbox(t, s.db), changes, "one change, one event")
	assert.Equal(t, changes, s.waker.Calls())
}

func TestAProductIsChangedAndThatIsAnnounced(t *testing.T) {
	s := open(t)
	changed := s.change(t, `"1"`, `{"name":" Blue mug ","description":""}`)
	want := s.mug
	want.Name, want.Description, want.Version = "Blue mug", "", 2
	assert.Equal(t, want, changed)
	s.isAt(t, 2, 1)

	event := catalogtest.Outbox(t, s.db)[0]
	assert.Equal(t, events.ProductChangedV1, event.Type())
	assert.Equal(t, events.SourceCatalog, event.Source())
	assert.Equal(t, "MUG-1", event.Subject())
	assert.WithinDuration(t, time.Now(), event.Time(), time.Minute, "the time is that of the change")
	var told events.ProductChanged
	require.NoError(t, event.DataAs(&told))
	assert.Equal(t, events.ProductChanged{
		SKU: "MUG-1", Name: "Blue mug", Price: 1250, Currency: "GBP", Active: true, Version: 2, CreatedAt: s.mug.CreatedAt,
	}, told)

	again := s.change(t, `"2"`, same)
	want = s.mug
	want.Version = 3
	assert.Equal(t, want, again, "and back again")
}

func TestTheSameAgainIsNoChange(t *testing.T) {
	s := open(t)
	assert.Equal(t, s.mug, s.change(t, `"1"`, same))
	s.isAt(t, 1, 0)
	first := s.change(t, `"1"`, larger)
	assert.Equal(t, first, s.change(t, `"1"`, larger), "who did not hear the answer asks again")
	assert.Equal(t, first, s.change(t, `"2"`, strings.Replace(larger, `mug"`, `mug "`, 1)))
	s.isAt(t, 2, 1)
}

func TestAChangeIsOfTheVersionThatWasSeen(t *testing.T) {
	s := open(t)
	s.change(t, `"1"`, larger)
	for ifMatch, status := range map[string]int{
		"": http.StatusPreconditionRequired, "2": http.StatusBadRequest, `"1", "3"`: http.StatusPreconditionFailed,
		`"1"`: http.StatusPreconditionFailed, `"3"`: http.StatusPreconditionFailed, `W/"2"`: http.StatusPreconditionFailed, `"0"`: http.StatusPreconditionFailed,
	} {
		answer := s.Put(t, s.operator, path, ifMatch, same)
		assert.Equal(t, status, answer.Status, "If-Match: %s: %s", ifMatch, answer.Body)
	}
	// Nobody can have seen what is not there yet, even if it would say the same.
	assert.Equal(t, http.StatusPreconditionFailed, s.Put(t, s.operator, path, `"3"`, larger).Status)
	s.isAt(t, 2, 1)
	s.change(t, `"1", "2"`, same)
	s.isAt(t, 3, 2)
	s.change(t, "*", larger)
	s.isAt(t, 4, 3)
}

func TestOfManyChangesAtOnceOneIsMade(t *testing.T) {
	s := open(t)
	const callers, names = 24, 3
	statuses := make([]int, callers)
	var group sync.WaitGroup
	for i := range callers {
		group.Go(func() {
			body := strings.Replace(same, "Mug", fmt.Sprint("Mug ", i%names), 1)
			statuses[i] = s.Put(t, s.operator, path, `"1"`, body).Status
		})
	}
	group.Wait()
	count := map[int]int{}
	for _, status := range statuses {
		count[status]++
	}
	assert.Equal(t, map[int]int{
		http.StatusOK:                 callers / names, // who wanted what was made
		http.StatusPreconditionFailed: callers - callers/names,
	}, count)
	s.isAt(t, 2, 1)
}

func TestAChangeThatCannotBeAnnouncedIsNotMade(t *testing.T) {
	s := open(t)
	_, err := s.db.SQL.ExecContext(t.Context(), "ALTER TABLE outbox RENAME TO away")
	require.NoError(t, err)
	assert.Equal(t, http.StatusInternalServerError, s.Put(t, s.operator, path, `"1"`, larger).Status)
	_, err = s.db.SQL.ExecContext(t.Context(), "ALTER TABLE away RENAME TO outbox")
	require.NoError(t, err)
	s.isAt(t, 1, 0)
}

func TestWhatIsNoProductCannotBeChanged(t *testing.T) {
	s := open(t)
	for _, sku := range []string{"mug-1", "NONE", "a%20b", strings.Repeat("x", 500)} {
		answer := s.Put(t, s.operator, "/v1/products/"+sku, `"1"`, same)
		require.Equal(t, http.StatusNotFound, answer.Status, "%s: %s", sku, answer.Body)
		assert.Equal(t, "https://ordersaga.dev/problems/product-not-found", answer.Problem(t).Type)
	}
}

func TestOnlyAnOperatorChanges(t *testing.T) {
	s := open(t)
	assert.Equal(t, http.StatusUnauthorized, s.Put(t, "", path, `"1"`, larger).Status)
	assert.Equal(t, http.StatusForbidden, s.Put(t, catalogtest.Shopper(t), path, `"1"`, larger).Status)
	s.isAt(t, 1, 0)
}

func TestWhatIsWrongWithAChangeIsNamed(t *testing.T) {
	s := open(t)
	for body, fields := range map[string][]string{
		strings.Replace(larger, `"Large mug"`, `"  "`, 1): {"body.name"},
		strings.Replace(larger, "tea", `\u0007`, 1):       {"body.description"},
		`{"name":"Mug"}`: {"body.description", "body"},
		strings.Replace(larger, "{", `{"sku":"MUG-1",`, 1):                            {"body.sku"},
		strings.Replace(larger, "{", `{"active":false,`, 1):                           {"body.active"}, // these have operations of their own
		strings.Replace(larger, "{", `{"price":{"amount":1350,"currency":"GBP"},`, 1): {"body.price"},
	} {
		answer := s.Put(t, s.operator, path, `"1"`, body)
		require.Equal(t, http.StatusUnprocessableEntity, answer.Status, "%s: %s", body, answer.Body)
		problem := answer.Problem(t)
		require.NotEmpty(t, problem.Errors, "%s", answer.Body)
		assert.Contains(t, fields, problem.Errors[0].Field, "%s", body)
	}
	s.isAt(t, 1, 0)
}
