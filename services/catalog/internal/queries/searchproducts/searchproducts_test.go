package searchproducts_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/catalogtest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/queries/searchproducts"
)

type page struct {
	Products   []searchproducts.FoundProduct `json:"products"`
	Total      int64                         `json:"total"`
	Facets     []searchproducts.Facet        `json:"facets"`
	Similar    bool                          `json:"similar"`
	NextCursor string                        `json:"next_cursor"`
}

func (p page) skus() []string {
	skus := []string{}
	for _, product := range p.Products {
		skus = append(skus, product.SKU)
	}
	return skus
}

// shop has products and what of them is in stock.
type shop struct {
	*catalogtest.Client
	db     *postgres.DB
	caught func()
}

func newShop(t *testing.T) shop {
	db := catalogtest.Database(t)
	index, caught := catalogtest.Search(t, db)
	s := shop{Client: catalogtest.REST(t, func(api *rest.API) { searchproducts.Route(api, db, index) }), db: db, caught: caught}
	for i, p := range []struct {
		name  string
		price int64
	}{
		{"Red retrospot mug", 495}, {"Red retrospot bag", 1250}, {"Lunch bag", 1650}, {"Jumbo bag", 208}, {"Christmas lights", 2999}, {`<i>T-Light</i> holder & "tray"`, 295},
	} {
		catalogtest.Store(t, db, fmt.Sprintf("P-%d", i+1), p.name, p.price)
	}
	s.sql(t, `UPDATE products SET categories = '["bags"]', category_paths = '["home/bags"]' WHERE name LIKE '%bag'`)
	s.sql(t, "INSERT INTO availability VALUES ('P-1', 3, 1), ('P-2', 0, 1), ('P-3', 7, 2)")
	caught()
	return s
}

func (s shop) sql(t *testing.T, statement string) {
	t.Helper()
	_, err := s.db.SQL.ExecContext(t.Context(), statement)
	require.NoError(t, err)
}

func (s shop) search(t *testing.T, query string) page {
	t.Helper()
	answer := s.Get(t, catalogtest.Shopper(t), "/v1/products/search?"+query)
	require.Equal(t, http.StatusOK, answer.Status, "%s: %s", query, answer.Body)
	var p page
	answer.Into(t, &p)
	return p
}

func TestProductsAreFoundFilteredAndOrdered(t *testing.T) {
	s := newShop(t)
	for query, want := range map[string][]string{
		"q=bag":                                    {"P-4", "P-3", "P-2"},
		"q=bags+retrospt":                          {"P-2"},
		"q=p-5":                                    {"P-5"},
		"category=bags&sort=price":                 {"P-4", "P-2", "P-3"},
		"category=home&q=retrospot":                {"P-2"},
		"category=mugs":                            {},
		"q=tlight":                                 {"P-6", "P-5"},
		"q=bag&sort=price":                         {"P-4", "P-2", "P-3"},
		"q=bag&sort=-price":                        {"P-3", "P-2", "P-4"},
		"q=bag&sort=name":                          {"P-4", "P-3", "P-2"},
		"q=bag&sort=newest":                        {"P-4", "P-3", "P-2"},
		"availability=in_stock":                    {"P-3", "P-1"},
		"availability=out_of_stock&sort=price":     {"P-4", "P-6", "P-2", "P-5"},
		"min_price=495&max_price=1650":             {"P-3", "P-2", "P-1"},
		"q=bag&max_price=1249":                     {"P-4"},
		"q=bag&currency=EUR":                       {},
		"q=bag&currency=GBP&availability=in_stock": {"P-3"},
	} {
		assert.Equal(t, want, s.search(t, query).skus(), query)
	}
	p := s.search(t, "q=retrospot+mug&limit=1")
	require.Len(t, p.Products, 1)
	assert.EqualValues(t, 3, p.Products[0].Stock.Available)
	assert.Equal(t, "Red <mark>retrospot</mark> <mark>mug</mark>", p.Products[0].Highlights["name"])
	assert.Equal(t, `&lt;i&gt;<mark>T-Light</mark>&lt;/i&gt; holder &amp; &#34;tray&#34;`, s.search(t, "q=tlight").Products[0].Highlights["name"])
	assert.True(t, s.search(t, "q=chirstmas").Similar)

	facets := s.search(t, "q=bag&limit=1").Facets
	assert.Equal(t, []searchproducts.FacetValue{{Value: "bags", Count: 3}, {Value: "home", Count: 3}}, facets[0].Values)
	facets = facets[1:]
	assert.Equal(t, []searchproducts.FacetValue{{Value: "out_of_stock", Count: 2}, {Value: "in_stock", Count: 1}}, facets[0].Values)
	assert.Equal(t, []searchproducts.FacetValue{{Value: "GBP", Count: 3}}, facets[1].Values)
	first, second := int64(500), int64(1000)
	assert.Equal(t, searchproducts.FacetValue{Below: &first, Count: 1}, facets[2].Values[0])
	assert.Equal(t, searchproducts.FacetValue{Min: &first, Below: &second}, facets[2].Values[1])
}

func TestWhatChangesIsFoundSo(t *testing.T) {
	s := newShop(t)
	s.sql(t, "UPDATE products SET name = 'Blue mug', version = version + 1 WHERE sku = 'P-1'")
	s.sql(t, "UPDATE products SET active = false WHERE sku = 'P-3'")
	s.sql(t, "UPDATE availability SET available = 5, version = 2 WHERE sku = 'P-2'")
	s.sql(t, "INSERT INTO availability VALUES ('P-9', 3, 1)")
	s.caught()
	assert.Equal(t, []string{"P-1"}, s.search(t, "q=blue+mug").skus())
	assert.Equal(t, []string{"P-4", "P-2"}, s.search(t, "q=bag").skus(), "what is not for sale is not found")
	assert.Equal(t, []string{"P-1", "P-2"}, s.search(t, "availability=in_stock").skus())
	assert.EqualValues(t, 5, s.search(t, "").Total, "stock alone is no product")
}

func TestPagesOfASearchShowEachProductOnce(t *testing.T) {
	s := newShop(t)
	for _, query := range []string{"q=bag", "sort=price", "q=red&sort=newest", ""} {
		want, seen := s.search(t, query).skus(), []string{}
		for cursor := ""; ; {
			p := s.search(t, query+"&limit=2&cursor="+url.QueryEscape(cursor))
			seen = append(seen, p.skus()...)
			if cursor = p.NextCursor; cursor == "" || len(seen) > len(want) {
				break
			}
		}
		assert.Equal(t, want, seen, query)
	}
	cursor := s.search(t, "q=bag&limit=1").NextCursor
	other := s.Get(t, catalogtest.Shopper(t), "/v1/products/search?q=red&cursor="+url.QueryEscape(cursor))
	assert.Equal(t, http.StatusBadRequest, other.Status, "a cursor is good for its own search")
}

func TestWhatCannotBeSearched(t *testing.T) {
	s := newShop(t)
	for query, status := range map[string]int{
		"search?q=" + strings.Repeat("x", 201):           http.StatusUnprocessableEntity,
		"search?q=" + strings.Repeat("%F0%9F%98%80", 60): http.StatusUnprocessableEntity,
		"search?q=" + strings.Repeat("xy+", 30):          http.StatusUnprocessableEntity,
		"search?limit=101":                               http.StatusUnprocessableEntity,
		"search?sort=secret":                             http.StatusUnprocessableEntity,
		"search?min_price=-1":                            http.StatusUnprocessableEntity,
		"search?availability=maybe":                      http.StatusUnprocessableEntity,
		"search?colour=green":                            http.StatusBadRequest,
		"search?cursor=x":                                http.StatusBadRequest,
	} {
		assert.Equal(t, status, s.Get(t, catalogtest.Shopper(t), "/v1/products/"+query).Status, "%.60s", query)
	}
	assert.Equal(t, http.StatusUnauthorized, s.Get(t, "", "/v1/products/search").Status)
}
