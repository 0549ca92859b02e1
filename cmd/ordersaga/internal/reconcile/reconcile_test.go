package reconcile

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/client"
)

// What is on its way looks like a difference once; what differs each time is one.
func TestOnlyWhatDiffersEachTimeIsADifference(t *testing.T) {
	const moving, wrong = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
	var mu sync.Mutex
	calls := 0
	services := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		switch orders := r.URL.Query().Get("orders"); {
		case r.URL.Path == "/v1/audit/provider":
			_, _ = io.WriteString(w, `{"listed":true,"records":3,"differences":[{"order_id":"nobody","reference":"auth_1","problem":"unknown"}]}`)
		case orders != "":
			for _, order := range strings.Split(orders, ",") {
				assert.Contains(t, []string{moving, wrong}, order, "what is no order's id would be refused")
			}
			calls++
			_, _ = io.WriteString(w, `{"payments":[
				{"order_id":"`+moving+`","currency":"GBP","authorized":5,"open":5},
				{"order_id":"`+wrong+`","currency":"GBP","authorized":5,"open":4}]}`)
		default:
			_, _ = io.WriteString(w, `{"payments":[
				{"order_id":"`+moving+`","currency":"GBP","authorized":5,"open":5,"problems":["the provider is ahead"]},
				{"order_id":"`+wrong+`","currency":"GBP","authorized":5,"open":4}]}`)
		}
	}))
	defer services.Close()
	c, err := client.New(client.Config{Orders: services.URL, Inventory: services.URL, Payments: services.URL})
	require.NoError(t, err)
	report, err := Run(t.Context(), c)
	require.NoError(t, err)
	assert.Equal(t, []Difference{
		{wrong, "5 GBP were authorized, and 4 are open, captured, voided or expired"},
		{"nobody", "unknown"},
	}, report.Differences)
	assert.Equal(t, rereads, calls, "all that differ are asked for at once")
	assert.Equal(t, 3, report.Records)
	assert.Equal(t, 2, report.Payments)
	assert.EqualValues(t, 10, report.Sums[0].Authorized)
}
