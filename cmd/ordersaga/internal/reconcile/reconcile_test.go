package reconcile

import (
	"io"
	"net/http"
	"net/http/httptest"
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
	asked := map[string]int{}
	services := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		asked[r.URL.String()]++
		switch order := r.URL.Query().Get("orders"); {
		case r.URL.Path == "/v1/audit/provider":
			_, _ = io.WriteString(w, `{"listed":true,"records":3,"differences":[{"order_id":"nobody","reference":"auth_1","problem":"unknown"}]}`)
		case order == moving:
			_, _ = io.WriteString(w, `{"payments":[{"order_id":"`+moving+`","currency":"GBP","authorized":5,"open":5}]}`)
		case order == wrong:
			_, _ = io.WriteString(w, `{"payments":[{"order_id":"`+wrong+`","currency":"GBP","authorized":5,"open":4}]}`)
		case order != "":
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = io.WriteString(w, `{"status":422,"title":"wrong"}`)
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
	assert.Equal(t, 3, report.Records)
	assert.Equal(t, 2, report.Payments)
	assert.EqualValues(t, 10, report.Sums[0].Authorized)
}
