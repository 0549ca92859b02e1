package invoices

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const heading = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"

func dirty(t *testing.T, limit int) *File {
	t.Helper()
	from, err := os.Open("testdata/dirty.csv")
	require.NoError(t, err)
	defer from.Close()
	f, err := Read(from, limit)
	require.NoError(t, err)
	return f
}

func read(t *testing.T, rows string) *File {
	t.Helper()
	f, err := Read(strings.NewReader(heading+rows), 0)
	require.NoError(t, err)
	return f
}

func TestEveryKindOfDirt(t *testing.T) {
	f := dirty(t, 0)
	assert.Equal(t, []Invoice{
		{
			Number: "900001", Shopper: "customer-501", Rows: 4, Units: 8, Value: 2*1250 + 300 + 3*1195 + 2*325,
			Lines: []Line{{"10001A", 5}, {"10002", 3}},
		},
		{Number: "900002", Shopper: "guest-900002", Rows: 1, Units: 1, Value: 1250, Lines: []Line{{"10001A", 1}}},
		{
			Number: "900006", Shopper: "customer-502", Rows: 3, Units: 3, Value: 13 + 200 + 2000,
			Lines: []Line{{"10003bl", 1}, {"10003BL", 1}, {"gift_0001_20", 1}},
		},
	}, f.Invoices)
	assert.Equal(t, map[Reason]int{
		Unreadable: 4, NotAProduct: 1, NegativeQuantity: 1, NoQuantity: 1, NoDescription: 1, NoPrice: 3, QuantityTooLarge: 2,
	}, f.Skipped)
	assert.Equal(t, map[Reason]int{NothingToSell: 2, QuantityTooLarge: 1}, f.SkippedInvoices)
	assert.Equal(t, Count{Invoices: 1, Rows: 2}, f.Cancellations)
	assert.Equal(t, 6, f.Sales, "900007 has no row that can be read")
	assertAddsUp(t, f)
}

func TestAProductIsWhatItsRowsMostOftenSay(t *testing.T) {
	assert.Equal(t, []Product{
		{"10001A", "BLUE KETTLE", 1250},
		{"10002", "TEA COSY, GREEN", 300}, // three names once each: the first
		{"10003bl", `11" PLATE`, 13},
		{"10003BL", `11" PLATE BLACK`, 200},
		{"gift_0001_20", "GIFT VOUCHER", 2000},
		{"10005", "SPOON", 100},
	}, dirty(t, 0).Products)
}

func TestALimitOrdersTheFirstInvoicesAndLearnsProductsFromAll(t *testing.T) {
	f := dirty(t, 2)
	assert.Len(t, f.Invoices, 2)
	assert.Equal(t, dirty(t, 0).Products, f.Products)
	assert.Equal(t, 4, f.SkippedInvoices[BeyondLimit])
	assert.Equal(t, 10, f.Skipped[BeyondLimit], "rows of 900003, 900004, 900006 and 900008")
	assert.Equal(t, 4, f.Skipped[Unreadable], "they belong to no invoice")
	assertAddsUp(t, f)
}

func assertAddsUp(t *testing.T, f *File) {
	t.Helper()
	rows, invoices := f.Cancellations.Rows, len(f.Invoices)
	for _, skipped := range f.Skipped {
		rows += skipped
	}
	for _, skipped := range f.SkippedInvoices {
		invoices += skipped
	}
	for _, invoice := range f.Invoices {
		rows += invoice.Rows
		var units int64
		for _, line := range invoice.Lines {
			units += line.Quantity
		}
		assert.Equal(t, invoice.Units, units, "units of invoice %s", invoice.Number)
	}
	assert.Equal(t, f.Rows, rows, "rows")
	assert.Equal(t, f.Sales, invoices, "sales invoices")
}

func TestWhatIsAProduct(t *testing.T) {
	for _, code := range []string{"85123A", "15056bl", "22139", "gift_0001_20", "DCGSSBOY", "DCGS0003", "PADS", "SP1002"} {
		assert.True(t, isProduct(code), code)
	}
	for _, code := range []string{"", "POST", "DOT", "C2", "D", "M", "m", "S", "B", "BANK CHARGES", "AMAZONFEE", "CRUK", "TEST001", "1234", "85123 A"} {
		assert.False(t, isProduct(code), code)
	}
}

func TestAnOrderTakesAThousandLinesAndNotOneMore(t *testing.T) {
	var rows strings.Builder
	for i := range MaxLines {
		fmt.Fprintf(&rows, "1,%05d,X,1,,1,7,\n2,%05d,X,%d,,1,7,\n", i, i, MaxQuantity)
	}
	rows.WriteString("1,20000,X,1,,1,7,\n")
	f := read(t, rows.String())
	require.Len(t, f.Invoices, 1)
	assert.Equal(t, "2", f.Invoices[0].Number)
	assert.Equal(t, map[Reason]int{TooManyLines: MaxLines + 1}, f.Skipped)
	assertAddsUp(t, f)
}

func TestNamesAreMadeFitForTheCatalog(t *testing.T) {
	f := read(t, "1,10001,caf\xe9 \xa3 cup,1,,1,,\n1,10002,\"two\nlines\",1,,1,,\n1,10003,"+strings.Repeat("ü", 300)+",1,,1,,\n")
	require.Len(t, f.Products, 3)
	assert.Equal(t, "café £ cup", f.Products[0].Name)
	assert.Equal(t, "two lines", f.Products[1].Name)
	assert.Equal(t, strings.Repeat("ü", maxName), f.Products[2].Name)
}

func TestNumbersThatNobodySellsAreNotRead(t *testing.T) {
	for _, row := range []string{
		"1,10001,X,99999999999999999999,,1,,", "1,10001,X,9999999999999,,1,,", "1,10001,X,1.5,,1,,", "1,10001,X,1e3,,1,,", "1,10001,X,,,1,,",
		"1,10001,X,1,,1e3,,", "1,10001,X,1,,99999999999,,", "1,10001,X,1,,1.,,", "1,10001,X,1,,NaN,,", "1,10001,X,1,,\"1,50\",,",
		"\x00,10001,X,1,,1,,", "1 2,10001,X,1,,1,,", strings.Repeat("9", 101) + ",10001,X,1,,1,,", "1,10001,X,1,,1,two words,",
	} {
		f := read(t, row+"\n")
		assert.Equal(t, map[Reason]int{Unreadable: 1}, f.Skipped, "%.40q", row)
		assert.Empty(t, f.Invoices)
	}
}

func TestAFileWithoutTheHeadingIsRefused(t *testing.T) {
	for _, content := range []string{"", "1,10001,X,1,,1,,\n", "Invoice;StockCode\n"} {
		_, err := Read(strings.NewReader(content), 0)
		assert.ErrorContains(t, err, "heading", "%q", content)
	}
	f := read(t, "")
	assert.Zero(t, f.Rows)
}

func FuzzRead(f *testing.F) {
	content, err := os.ReadFile("testdata/dirty.csv")
	require.NoError(f, err)
	f.Add(string(content), 0)
	f.Add(heading+"\"1,2\n3,4,5,6,7,8,9,10\n", 1)
	f.Fuzz(func(t *testing.T, content string, limit int) {
		file, err := Read(strings.NewReader(content), limit)
		if err == nil {
			assertAddsUp(t, file)
		}
	})
}
