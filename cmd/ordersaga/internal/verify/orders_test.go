package verify

import (
	"context"
	"encoding/json"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An order that the running version of orders cannot read is neither right nor one
// whose money belongs to nobody.
func TestAnOrderThatCannotBeReadIsNamedAndNotJudged(t *testing.T) {
	answers := map[string]string{
		"/v1/audit/orders":       `{"orders":[],"unreadable":[{"id":"o-1","reason":"event type \"X\" is not known to this version"}]}`,
		"/v1/audit/payments":     `{"payments":[{"order_id":"o-1","status":"authorized","amount":500,"currency":"GBP"}]}`,
		"/v1/audit/reservations": `{"reservations":[{"order_id":"o-1","state":"allocated","units":2}]}`,
	}
	v := newInvariants()
	err := v.checkOrders(t.Context(), func(_ context.Context, _, path string, _ url.Values, into any) error {
		return json.Unmarshal([]byte(answers[path]), into)
	}, time.Now())
	require.NoError(t, err)
	require.Equal(t, []Offender{{"order o-1", `it cannot be compared: event type "X" is not known to this version`}}, v.agreement.Offenders)
	assert.Zero(t, v.money.Violations)
	assert.Zero(t, v.progress.Violations)
}
