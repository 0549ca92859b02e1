package verify

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/client"
)

// An order that the running version of orders cannot read is neither right nor one whose money
// belongs to nobody.
func TestAnOrderThatCannotBeReadIsNamedAndNotJudged(t *testing.T) {
	answers := map[string]string{
		"/v1/audit/orders":       `{"orders":[],"unreadable":[{"id":"o-1","reason":"event type \"X\" is not known to this version"}]}`,
		"/v1/audit/payments":     `{"payments":[{"order_id":"o-1","status":"authorized","amount":500,"currency":"GBP","authorized":500,"open":500}]}`,
		"/v1/audit/reservations": `{"reservations":[{"order_id":"o-1","allocated":2}]}`,
	}
	v := newInvariants()
	services := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, answers[r.URL.Path])
	}))
	defer services.Close()
	c, err := client.New(client.Config{Orders: services.URL, Inventory: services.URL, Payments: services.URL})
	require.NoError(t, err)
	require.NoError(t, v.checkOrders(t.Context(), c, time.Now()))
	require.Equal(t, []Offender{{"order o-1", `it cannot be compared: event type "X" is not known to this version`}}, v.agreement.Offenders)
	assert.Zero(t, v.money.Violations)
	assert.Zero(t, v.progress.Violations)
}

// Payments knows first what becomes of money by itself. Until the order was told, the two differ.
func TestWhatAnOrderIsStillToBeToldIsNoViolationBeforeTheDeadline(t *testing.T) {
	for deadline, violations := range map[time.Duration]int{time.Minute: 0, 0: 1} {
		looks := 0
		services := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answer := `{"orders":[{"id":"o-1","status":"confirmed","units":2,"total":{"amount":500,"currency":"GBP"},"open":500}]}`
			switch r.URL.Path {
			case "/v1/audit/reservations":
				answer = `{"reservations":[{"order_id":"o-1","allocated":2}]}`
			case "/v1/audit/payments":
				if looks++; looks > rereads+2 && deadline > 0 {
					answer = `{"payments":[{"order_id":"o-1","status":"authorized","amount":500,"currency":"GBP","authorized":500,"open":500}]}`
				} else {
					answer = `{"payments":[{"order_id":"o-1","status":"voided","amount":500,"currency":"GBP","authorized":500,"expired":500,"untold":true}]}`
				}
			}
			_, _ = io.WriteString(w, answer)
		}))
		c, err := client.New(client.Config{Orders: services.URL, Inventory: services.URL, Payments: services.URL})
		require.NoError(t, err)
		v := newInvariants()
		require.NoError(t, v.checkOrders(t.Context(), c, time.Now().Add(deadline)))
		assert.Equal(t, violations, v.money.Violations, "%v", v.money.Offenders)
		services.Close()
	}
}

func TestWhatIsLeftToShipIsPaidForOrOnHold(t *testing.T) {
	for holds, violations := range map[string]int{`[]`: 1, `[{"reason":"payment"}]`: 0} {
		answers := map[string]string{
			"/v1/audit/orders":       `{"orders":[{"id":"o-1","status":"confirmed","units":2,"total":{"amount":500,"currency":"GBP"},"to_ship":500,"holds":` + holds + `}]}`,
			"/v1/audit/payments":     `{"payments":[{"order_id":"o-1","status":"voided","amount":500,"currency":"GBP","authorized":500,"expired":500}]}`,
			"/v1/audit/reservations": `{"reservations":[{"order_id":"o-1","allocated":2}]}`,
		}
		services := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, answers[r.URL.Path])
		}))
		c, err := client.New(client.Config{Orders: services.URL, Inventory: services.URL, Payments: services.URL})
		require.NoError(t, err)
		v := newInvariants()
		require.NoError(t, v.checkOrders(t.Context(), c, time.Now()))
		assert.Equal(t, violations, v.money.Violations, "%s: %v", holds, v.money.Offenders)
		assert.Zero(t, v.agreement.Violations)
		services.Close()
	}
}
