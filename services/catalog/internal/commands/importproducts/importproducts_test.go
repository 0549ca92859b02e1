package importproducts_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/services/catalog/internal/catalogtest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/commands/importproducts"
	"github.com/ordersaga/ordersaga/services/catalog/internal/productfile"
)

const path = "/v1/products/import"

type importer struct {
	db    *postgres.DB
	waker *catalogtest.Waker
	shop  *catalogtest.Client
}

func start(t *testing.T) importer {
	t.Helper()
	db := catalogtest.Database(t)
	waker := catalogtest.NewWaker(db)
	return importer{db, waker, catalogtest.REST(t, func(api *rest.API) { importproducts.Route(api, db, 64<<20) })}
}

func (i importer) sends(t *testing.T, mediaType, file string) catalogtest.Answer {
	t.Helper()
	return i.shop.Send(t, catalogtest.Operator(t), path, mediaType, file)
}

func (i importer) imports(t *testing.T, mediaType, file string) importproducts.ImportReport {
	t.Helper()
	answer := i.sends(t, mediaType, file)
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	var report importproducts.ImportReport
	answer.Into(t, &report)
	return report
}

func (i importer) products(t *testing.T) (list []string) {
	t.Helper()
	rows, err := i.db.SQL.QueryContext(t.Context(), `SELECT sku || ' ' || name || ' ' || price_amount || ' ' || active || ' v' || version FROM products ORDER BY sku`)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var product string
		require.NoError(t, rows.Scan(&product))
		list = append(list, product)
	}
	require.NoError(t, rows.Err())
	return list
}

func TestAFileCreatesAndChangesAndIsSafeToRepeat(t *testing.T) {
	i := start(t)
	first := "\ufeffsku,name,description,price,currency,active\r\nTEA,Tea,\"Black, strong\",12.50,GBP,\r\nCUP,\"A \"\"cup\"\"\",,3,GBP,false\r\n"
	assert.Equal(t, importproducts.ImportReport{Created: 2}, i.imports(t, productfile.CSV, first))
	assert.Equal(t, []string{`CUP A "cup" 300 false v2`, "TEA Tea 1250 true v1"}, i.products(t))
	assert.Equal(t, importproducts.ImportReport{Unchanged: 2}, i.imports(t, productfile.CSV, first))
	lines := `{"sku":"TEA","name":"Tea","description":"Black, strong","price":{"amount":1300,"currency":"GBP"}}` + "\n\n" +
		`{"sku":"YEN","name":"Sencha","price":{"amount":1300,"currency":"JPY"},"active":true}`
	assert.Equal(t, importproducts.ImportReport{Created: 1, Changed: 1}, i.imports(t, productfile.JSONLines, lines))
	assert.Equal(t, []string{`CUP A "cup" 300 false v2`, "TEA Tea 1300 true v2", "YEN Sencha 1300 true v1"}, i.products(t))

	var told []string
	for _, event := range catalogtest.Outbox(t, i.db) {
		told = append(told, event.Subject()+event.Type()[strings.LastIndex(event.Type(), "product-"):])
	}
	assert.Equal(t, []string{"TEAproduct-created.v1", "CUPproduct-created.v1", "TEAproduct-changed.v1", "YENproduct-created.v1"}, told, "each change is told once")
}

func TestAFileWithAFaultChangesNothing(t *testing.T) {
	i := start(t)
	require.Equal(t, importproducts.ImportReport{Created: 1}, i.imports(t, productfile.CSV, "sku,name,price,currency\nOLD,Old,1,GBP\n"))
	const head = "sku,name,price,currency\n"
	for name, test := range map[string]struct{ format, file, field, message string }{
		"empty":             {productfile.CSV, " ", "row 1", "column"},
		"only a header":     {productfile.CSV, head, "file", "no product"},
		"no such column":    {productfile.CSV, "sku,name,price,currency,colour\nA,A,1,GBP,red\n", "row 1: colour", "no such column"},
		"column missing":    {productfile.CSV, "sku,name,price\nA,A,1\n", "row 1: currency", "missing"},
		"column twice":      {productfile.CSV, "sku,name,price,currency,name\nA,A,1,GBP,B\n", "row 1: name", "twice"},
		"too few columns":   {productfile.CSV, head + "A,A,1,GBP\nB,B\n", "row 3", "has 2 columns"},
		"no price":          {productfile.CSV, head + "A,A,dear,GBP\n", "row 2: price", ""},
		"negative price":    {productfile.CSV, head + "A,A,-1,GBP\n", "row 2: price.amount", ""},
		"too many decimals": {productfile.CSV, head + "A,A,1.005,GBP\n", "row 2: price", ""},
		"no currency":       {productfile.CSV, head + "A,A,1,XXX\n", "row 2: price", ""},
		"other currency":    {productfile.CSV, head + "A,A,1,GBP\nOLD,Old,1,EUR\n", "file: OLD", "currency"},
		"the SKU twice":     {productfile.CSV, head + "A,A,1,GBP\nB,B,1,GBP\nA,A,2,GBP\n", "row 4: sku", "row 2"},
		"wrong SKU":         {productfile.CSV, head + "A B,A,1,GBP\n", "row 2: sku", ""},
		"no name":           {productfile.CSV, head + "A,,1,GBP\n", "row 2: name", "empty"},
		"a huge name":       {productfile.CSV, head + "A," + strings.Repeat("x", 70_000) + ",1,GBP\n", "row 2: name", "200"},
		"a NUL":             {productfile.CSV, head + "A,A\x00,1,GBP\n", "row 2: name", ""},
		"an open quote":     {productfile.CSV, head + "A,\"A,1,GBP\n", "row 2", "quote"},
		"not UTF-8":         {productfile.CSV, head + "A,\xff,1,GBP\n", "file", "UTF-8"},
		"not JSON":          {productfile.JSONLines, `{"sku":"A","name":"A","price":{"amount":1,"currency":"GBP"}}` + "\nsku", "row 2", ""},
		"unknown member":    {productfile.JSONLines, `{"sku":"A","name":"A","colour":"red","price":{"amount":1,"currency":"GBP"}}`, "row 1", "colour"},
		"two on a line":     {productfile.JSONLines, `{"sku":"A","name":"A","price":{"amount":1,"currency":"GBP"}} {}`, "row 1", "more than one"},
	} {
		answer := i.sends(t, test.format, test.file)
		require.Equal(t, http.StatusUnprocessableEntity, answer.Status, "%s: %s", name, answer.Body)
		problem := answer.Problem(t)
		require.NotEmpty(t, problem.Errors, name)
		assert.Equal(t, test.field, problem.Errors[0].Field, "%s: %s", name, answer.Body)
		assert.Contains(t, problem.Errors[0].Message, test.message, name)
	}
	assert.Equal(t, []string{"OLD Old 100 true v1"}, i.products(t))
	assert.Len(t, catalogtest.Outbox(t, i.db), 1)

	many := head + strings.Repeat("A B,A,1,GBP\n", 150)
	problem := i.sends(t, productfile.CSV, many).Problem(t)
	assert.Len(t, problem.Errors, 100)
	assert.Contains(t, problem.Detail, "150 faults, of which these are the first 100")
	assert.Equal(t, http.StatusUnsupportedMediaType, i.sends(t, "application/json", "{}").Status)
	assert.Equal(t, http.StatusForbidden, i.shop.Send(t, catalogtest.Shopper(t), path, productfile.CSV, head).Status)
}

// Files that name the same SKUs in different orders are imported at once: they wait for each other
// and never deadlock, and each row is created once.
func TestFilesAtOnceDoNotDeadlock(t *testing.T) {
	i := start(t)
	const files, skus = 6, 200
	var all sync.WaitGroup
	created := make(chan int, files)
	for n := range files {
		all.Go(func() {
			file := "sku,name,price,currency\n"
			for sku := range skus {
				if n%2 == 0 {
					sku = skus - 1 - sku
				}
				file += fmt.Sprintf("SKU-%d,Product,%d,GBP\n", sku, n+1)
			}
			answer := i.sends(t, productfile.CSV, file)
			if assert.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body) {
				var report importproducts.ImportReport
				answer.Into(t, &report)
				created <- report.Created
			}
		})
	}
	all.Wait()
	close(created)
	sum := 0
	for n := range created {
		sum += n
	}
	assert.Equal(t, skus, sum)
}

// An import that is cut off leaves nothing behind.
func TestAnImportThatIsCutOffLeavesNothing(t *testing.T) {
	i := start(t)
	require.Equal(t, importproducts.ImportReport{Created: 1}, i.imports(t, productfile.CSV, "sku,name,price,currency\nZ,Old,1,GBP\n"))
	// Somebody else holds the last row, so that the import waits with everything else written.
	other, err := i.db.SQL.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer other.Rollback()
	_, err = other.ExecContext(t.Context(), `SELECT FROM products WHERE sku = 'Z' FOR UPDATE`)
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		i.sends(t, productfile.CSV, "sku,name,price,currency\nA,New,1,GBP\nZ,New,1,GBP\n")
	}()
	var pid int
	testkit.Eventually(t, "the import to wait", func() bool {
		return i.db.SQL.QueryRowContext(t.Context(), `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' LIMIT 1`).Scan(&pid) == nil
	})
	_, err = i.db.SQL.ExecContext(t.Context(), `SELECT pg_terminate_backend($1)`, pid)
	require.NoError(t, err)
	require.NoError(t, other.Rollback())
	<-done
	// It may have been tried again after its connection was lost: all of it or nothing.
	products := i.products(t)
	assert.True(t, len(products) == 1 && products[0] == "Z Old 100 true v1" || len(products) == 2 && products[1] == "Z New 100 true v2", "%v", products)
	assert.Contains(t, []int{1, 3}, len(catalogtest.Outbox(t, i.db)))
}
