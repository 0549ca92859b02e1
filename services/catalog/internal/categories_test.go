package internal_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/contracts/events"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/catalogtest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/commands/changecategory"
	"github.com/ordersaga/ordersaga/services/catalog/internal/commands/changeproduct"
	"github.com/ordersaga/ordersaga/services/catalog/internal/commands/createcategory"
	"github.com/ordersaga/ordersaga/services/catalog/internal/commands/createproducts"
	"github.com/ordersaga/ordersaga/services/catalog/internal/commands/deletecategory"
	"github.com/ordersaga/ordersaga/services/catalog/internal/queries/listcategories"
	"github.com/ordersaga/ordersaga/services/catalog/internal/wire"
)

const categoriesPath = "/v1/categories"

type tree struct {
	*catalogtest.Client
	db       *postgres.DB
	waker    *catalogtest.Waker
	operator string
}

func openTree(t *testing.T) *tree {
	t.Helper()
	db := catalogtest.Database(t)
	s := &tree{db: db, waker: catalogtest.NewWaker(db), operator: catalogtest.Operator(t)}
	s.Client = catalogtest.REST(t, func(api *rest.API) {
		createcategory.Route(api, s.db)
		changecategory.Route(api, s.db)
		deletecategory.Route(api, s.db)
		listcategories.Route(api, s.db)
		createproducts.Route(api, s.db)
		changeproduct.Route(api, s.db)
	})
	return s
}

// create puts categories into the tree, each "id" or "parent/id".
func (s *tree) create(t *testing.T, categories ...string) {
	t.Helper()
	for _, c := range categories {
		parent, id, under := strings.Cut(c, "/")
		if !under {
			parent, id = "", c
		}
		answer := s.Post(t, s.operator, categoriesPath, wire.NewCategory{ID: id, Name: strings.ToUpper(id), Parent: parent})
		require.Equal(t, http.StatusCreated, answer.Status, "%s", answer.Body)
	}
}

func (s *tree) paths(t *testing.T) (paths []string) {
	t.Helper()
	answer := s.Get(t, catalogtest.Shopper(t), categoriesPath)
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	var list struct{ Categories []wire.Category }
	answer.Into(t, &list)
	for _, c := range list.Categories {
		paths = append(paths, c.Path)
	}
	return paths
}

// productPaths is what the database has for each product: its version and its paths.
func (s *tree) productPaths(t *testing.T) (rows []string) {
	t.Helper()
	found, err := postgres.Select(t.Context(), s.db.SQL, func(row *string) []any { return []any{row} },
		`SELECT sku || ' v' || version || ' ' || (SELECT coalesce(string_agg(p, ' '), '') FROM jsonb_array_elements_text(category_paths) p) FROM products ORDER BY sku`)
	require.NoError(t, err)
	return found
}

func (s *tree) problem(t *testing.T, answer catalogtest.Answer, status int, slug string) {
	t.Helper()
	require.Equal(t, status, answer.Status, "%s", answer.Body)
	assert.Equal(t, "https://ordersaga.dev/problems/"+slug, answer.Problem(t).Type, "%s", answer.Body)
}

func sorted(sku string, categories ...string) map[string]any {
	return map[string]any{"sku": sku, "name": "n", "price": map[string]any{"amount": 1, "currency": "GBP"}, "categories": categories}
}

func TestACategoryIsMovedWithAllThatIsInIt(t *testing.T) {
	s := openTree(t)
	s.create(t, "home", "home/kitchen", "kitchen/mugs", "kitchen-aid", "gifts")
	assert.Equal(t, []string{"gifts", "home", "home/kitchen", "home/kitchen/mugs", "kitchen-aid"}, s.paths(t))
	answer := s.Post(t, s.operator, "/v1/products/bulk", map[string]any{"products": []any{
		sorted("A", "mugs", "gifts"), sorted("B", "kitchen"), sorted("C", "gifts"), sorted("D", "kitchen-aid"), sorted("E"),
	}})
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)

	answer = s.Put(t, s.operator, categoriesPath+"/kitchen", `"1"`, `{"name":"Cooking","parent":"gifts"}`)
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	assert.Equal(t, `"2"`, answer.Header.Get("ETag"))
	assert.JSONEq(t, `{"id":"kitchen","name":"Cooking","parent":"gifts","path":"gifts/kitchen","version":2}`, string(answer.Body))
	assert.Equal(t, []string{"gifts", "gifts/kitchen", "gifts/kitchen/mugs", "home", "kitchen-aid"}, s.paths(t))
	assert.Equal(t, []string{"A v2 gifts gifts/kitchen/mugs", "B v2 gifts/kitchen", "C v1 gifts", "D v1 kitchen-aid", "E v1 "}, s.productPaths(t))

	told := catalogtest.Outbox(t, s.db)
	require.Len(t, told, 7, "five created, two moved")
	var moved events.ProductChanged
	require.NoError(t, told[5].DataAs(&moved))
	assert.Equal(t, []string{"gifts", "gifts/kitchen/mugs"}, moved.CategoryPaths)
	assert.EqualValues(t, 2, moved.Version)
	assert.Equal(t, 2, s.waker.Calls())

	answer = s.Put(t, s.operator, categoriesPath+"/kitchen", `"1"`, `{"name":"Cooking","parent":"gifts"}`)
	assert.Equal(t, http.StatusOK, answer.Status, "who did not hear the answer asks again: %s", answer.Body)
	answer = s.Put(t, s.operator, categoriesPath+"/kitchen", "*", `{"name":"Kitchen","parent":""}`)
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	assert.Equal(t, []string{"gifts", "home", "kitchen", "kitchen/mugs", "kitchen-aid"}, s.paths(t))
	answer = s.Put(t, s.operator, categoriesPath+"/kitchen", `"3"`, `{"name":"Cookery","parent":""}`)
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	assert.Len(t, catalogtest.Outbox(t, s.db), 9, "a new name changes no product")
}

func TestTheTreeStaysATree(t *testing.T) {
	s := openTree(t)
	s.create(t, "a", "a/b", "b/c")
	for _, parent := range []string{"a", "b", "c"} {
		s.problem(t, s.Put(t, s.operator, categoriesPath+"/a", `"1"`, `{"name":"A","parent":"`+parent+`"}`), http.StatusConflict, "category-cycle")
	}
	s.problem(t, s.Put(t, s.operator, categoriesPath+"/a", `"1"`, `{"name":"A","parent":"none"}`), http.StatusUnprocessableEntity, "parent-category-not-found")
	s.problem(t, s.Put(t, s.operator, categoriesPath+"/none", `"1"`, `{"name":"A","parent":"a"}`), http.StatusNotFound, "category-not-found")
	s.problem(t, s.Put(t, s.operator, categoriesPath+"/No%20Slug", `"1"`, `{"name":"A","parent":"a"}`), http.StatusNotFound, "category-not-found")
	s.problem(t, s.Put(t, s.operator, categoriesPath+"/c", `"2"`, `{"name":"A","parent":"a"}`), http.StatusPreconditionFailed, "precondition-failed")
	s.problem(t, s.Put(t, s.operator, categoriesPath+"/c", "", `{"name":"A","parent":"a"}`), http.StatusPreconditionRequired, "precondition-required")
	s.problem(t, s.Put(t, s.operator, categoriesPath+"/c", `"1"`, `{"name":" ","parent":"a"}`), http.StatusUnprocessableEntity, "validation-failed")
	assert.Equal(t, http.StatusForbidden, s.Put(t, catalogtest.Shopper(t), categoriesPath+"/c", `"1"`, `{"name":"C","parent":""}`).Status)
	assert.Equal(t, []string{"a", "a/b", "a/b/c"}, s.paths(t))

	s.create(t, "c/d", "d/e", "e/f", "f/g", "g/h", "h/i", "i/j", "x", "x/y")
	s.problem(t, s.Post(t, s.operator, categoriesPath, wire.NewCategory{ID: "k", Name: "K", Parent: "j"}), http.StatusUnprocessableEntity, "category-too-deep")
	s.problem(t, s.Put(t, s.operator, categoriesPath+"/x", `"1"`, `{"name":"X","parent":"i"}`), http.StatusUnprocessableEntity, "category-too-deep")
	assert.Equal(t, http.StatusOK, s.Put(t, s.operator, categoriesPath+"/x", `"1"`, `{"name":"X","parent":"h"}`).Status)

	_, err := s.db.SQL.ExecContext(t.Context(), `UPDATE categories SET parent = 'c' WHERE id = 'a'`)
	require.Error(t, err, "the database keeps path and parent together")
}

// Each of some moves is fine alone; all together would be a cycle.
func TestOfMovesThatMakeACycleTogetherOneIsRefused(t *testing.T) {
	s := openTree(t)
	const rounds, size = 8, 4
	for round := range rounds {
		ids := make([]string, size)
		for i := range ids {
			ids[i] = fmt.Sprintf("r%d-%d", round, i)
		}
		s.create(t, ids...)
		var refused atomic.Int64
		var all sync.WaitGroup
		for i, id := range ids {
			all.Go(func() {
				answer := s.Put(t, s.operator, categoriesPath+"/"+id, "*", `{"name":"N","parent":"`+ids[(i+1)%size]+`"}`)
				if answer.Status != http.StatusOK {
					assert.Equal(t, http.StatusConflict, answer.Status, "%s", answer.Body)
					refused.Add(1)
				}
			})
		}
		all.Wait()
		assert.EqualValues(t, 1, refused.Load(), "the last of them")
	}
	var wrong int
	require.NoError(t, s.db.SQL.QueryRowContext(t.Context(), `
		SELECT count(*) FROM categories c LEFT JOIN categories p ON p.id = c.parent
		WHERE c.path <> coalesce(p.path || '/', '') || c.id`).Scan(&wrong))
	assert.Zero(t, wrong, "paths follow the parents'")
}

func TestACategoryIsDeletedWhenNothingIsInIt(t *testing.T) {
	s := openTree(t)
	s.create(t, "home", "home/mugs")
	answer := s.Post(t, s.operator, "/v1/products/bulk", map[string]any{"products": []any{sorted("A", "mugs")}})
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	s.problem(t, s.Delete(t, s.operator, categoriesPath+"/home", `"1"`), http.StatusConflict, "category-in-use")
	s.problem(t, s.Delete(t, s.operator, categoriesPath+"/mugs", `"1"`), http.StatusConflict, "category-in-use")
	s.problem(t, s.Delete(t, s.operator, categoriesPath+"/mugs", `"2"`), http.StatusPreconditionFailed, "precondition-failed")
	answer = s.Put(t, s.operator, "/v1/products/A", `"1"`, `{"name":"n","description":"","categories":[]}`)
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	require.Equal(t, http.StatusNoContent, s.Delete(t, s.operator, categoriesPath+"/mugs", `"1"`).Status)
	s.problem(t, s.Delete(t, s.operator, categoriesPath+"/mugs", `"1"`), http.StatusNotFound, "category-not-found")
	require.Equal(t, http.StatusNoContent, s.Delete(t, s.operator, categoriesPath+"/home", "*").Status)
	assert.Empty(t, s.paths(t))
}

// A product is put into a category while that is deleted, or moved: afterwards no product has a
// category that is not there, or a path that is not the category's.
func TestProductsAndTheTreeAgreeWhoeverIsFaster(t *testing.T) {
	s := openTree(t)
	s.create(t, "gone-not", "other")
	const rounds = 12
	for i := range rounds {
		id := fmt.Sprintf("c%d", i)
		s.create(t, id)
		var all sync.WaitGroup
		all.Go(func() {
			answer := s.Post(t, s.operator, "/v1/products/bulk", map[string]any{"products": []any{sorted(fmt.Sprintf("P%d", i), id)}})
			assert.Contains(t, []int{http.StatusOK, http.StatusUnprocessableEntity}, answer.Status, "%s", answer.Body)
		})
		all.Go(func() {
			if i%2 == 0 {
				assert.Contains(t, []int{http.StatusNoContent, http.StatusConflict}, s.Delete(t, s.operator, categoriesPath+"/"+id, "*").Status)
				return
			}
			assert.Equal(t, http.StatusOK, s.Put(t, s.operator, categoriesPath+"/"+id, "*", `{"name":"C","parent":"other"}`).Status)
		})
		all.Wait()
	}
	var wrong int
	require.NoError(t, s.db.SQL.QueryRowContext(t.Context(), `
		SELECT count(*) FROM products, jsonb_array_elements_text(category_paths) p
		WHERE NOT EXISTS (SELECT FROM categories WHERE path = p)`).Scan(&wrong))
	assert.Zero(t, wrong)
}

func TestACategoryIsCreatedOnce(t *testing.T) {
	s := openTree(t)
	s.create(t, "home")
	again := s.Post(t, s.operator, categoriesPath, wire.NewCategory{ID: "home", Name: "HOME"})
	assert.Equal(t, http.StatusOK, again.Status, "%s", again.Body)
	s.problem(t, s.Post(t, s.operator, categoriesPath, wire.NewCategory{ID: "home", Name: "Another"}), http.StatusConflict, "category-exists")
	s.problem(t, s.Post(t, s.operator, categoriesPath, wire.NewCategory{ID: "x", Name: "X", Parent: "none"}), http.StatusUnprocessableEntity, "parent-category-not-found")
	for _, id := range []string{"", "Home", "a--b", "-a", "a/b", strings.Repeat("x", 65)} {
		s.problem(t, s.Post(t, s.operator, categoriesPath, wire.NewCategory{ID: id, Name: "X"}), http.StatusUnprocessableEntity, "validation-failed")
	}
	assert.Equal(t, http.StatusForbidden, s.Post(t, catalogtest.Shopper(t), categoriesPath, wire.NewCategory{ID: "x", Name: "X"}).Status)
	assert.Equal(t, []string{"home"}, s.paths(t))
}
