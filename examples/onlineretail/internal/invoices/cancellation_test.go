package invoices

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestACancellationIsOfTheNewestEarlierInvoiceThatHasItsUnits(t *testing.T) {
	file, err := Read(strings.NewReader(`InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
1,10001,KETTLE,2,,10.00,7,
1,10002,CUP,1,,2.50,7,
2,10001,KETTLE,5,,10.00,7,
C3,10001,KETTLE,-2,,10.00,7,
C3,10002,CUP,-1,,2.50,7,
C4,10001,KETTLE,-3,,10.00,7,
C4,10001,KETTLE,-1,,10.00,7,
C5,10001,KETTLE,-2,,10.00,7,
C6,10001,KETTLE,-1,,10.00,,
C7,D,DISCOUNT,-1,,10.00,7,
C8,10001,KETTLE,-1,,10.00,8,
9,10001,KETTLE,9,,10.00,7,
C10,10001,KETTLE,-1,,10.00,7,
`), 0)
	require.NoError(t, err)
	require.Len(t, file.Invoices, 3)
	var of [][]Cancellation
	for _, invoice := range file.Invoices {
		of = append(of, invoice.Cancellations)
	}
	assert.Equal(t, [][]Cancellation{
		{{Number: "C3", Lines: []Line{{"10001", 2}, {"10002", 1}}, Rows: 2, Whole: true}},
		{{Number: "C4", Lines: []Line{{"10001", 4}}, Rows: 2}},
		{{Number: "C10", Lines: []Line{{"10001", 1}}, Rows: 1}},
	}, of, "C5 has no units left, C6 no customer, C7 no product, C8 another customer")
	assert.Equal(t, Count{Invoices: 7, Rows: 9}, file.Cancellations)
}
