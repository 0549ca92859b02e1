package migrations_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/store"
	"github.com/ordersaga/ordersaga/services/payments/migrations"
)

// Operations of the first version had their undo within them, and the key of the provider was made
// of the step's name.
func TestPaymentsOfTheFirstVersionAreKept(t *testing.T) {
	ctx := t.Context()
	db, err := postgres.Open(ctx, testkit.Postgres(t))
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	first := postgres.Migrations{Name: "service", Files: testkit.Until(t, migrations.Own.Files, "00001_payments.sql")}
	require.NoError(t, postgres.Migrate(ctx, db, first))

	want := map[string]struct {
		order, authorize, void string
		status                 domain.Status
	}{
		"sending":        {"00000000-0000-4000-8000-000000000001", "sending", "", domain.StatusPending},
		"authorized":     {"00000000-0000-4000-8000-000000000002", "authorized", "", domain.StatusAuthorized},
		"declined":       {"00000000-0000-4000-8000-000000000003", "declined", "", domain.StatusDeclined},
		"void_requested": {"00000000-0000-4000-8000-000000000004", "sending", "waiting", domain.StatusVoiding},
		"voiding":        {"00000000-0000-4000-8000-000000000005", "authorized", "sending", domain.StatusVoiding},
		"voided":         {"00000000-0000-4000-8000-000000000006", "voided", "succeeded", domain.StatusVoided},
		"never_charged":  {"00000000-0000-4000-8000-000000000007", "absent", "needless", domain.StatusVoided},
		"tombstone":      {"00000000-0000-4000-8000-000000000008", "", "needless", domain.StatusNone},
	}
	for state, w := range want {
		_, err := db.SQL.ExecContext(ctx, `
			INSERT INTO operations (order_id, saga, step, kind, state, customer_id, amount, currency, method_fingerprint, due_at,
				sends, provider_reference, decline_code, intent_at, sent_at, answered_at, undo_requested_at, undone_at, lease_owner, lease_until)
			SELECT $1::uuid, 'place-order', 'authorize-payment', 'authorize', $2,
				CASE WHEN asked THEN 'alice' ELSE '' END, CASE WHEN asked THEN 1234 ELSE 0 END, CASE WHEN asked THEN 'GBP' ELSE '' END, 'f',
				CASE WHEN $2 IN ('void_requested', 'voiding', 'never_charged') THEN now() END, 1,
				CASE WHEN $2 IN ('authorized', 'voiding', 'voided') THEN 'auth_1' ELSE '' END,
				CASE WHEN $2 = 'declined' THEN 'card_declined' ELSE '' END,
				CASE WHEN asked THEN now() END, CASE WHEN asked THEN now() END, CASE WHEN asked THEN now() END,
				CASE WHEN $2 IN ('void_requested', 'voiding', 'voided', 'never_charged', 'tombstone') THEN now() END,
				CASE WHEN $2 IN ('voided', 'never_charged', 'tombstone') THEN now() END,
				CASE WHEN $2 = 'voiding' THEN 'somebody' ELSE '' END, CASE WHEN $2 = 'voiding' THEN now() END
			FROM (SELECT $2 <> 'tombstone' AS asked) AS request`, w.order, state)
		require.NoError(t, err, state)
		if state == "tombstone" {
			continue
		}
		_, err = db.SQL.ExecContext(ctx, `
			INSERT INTO payments (id, order_id, customer_id, amount, currency, status, saga, step, created_at, updated_at)
			VALUES (gen_random_uuid(), $1, 'alice', 1234, 'GBP', 'authorized', 'place-order', 'authorize-payment', now(), now())`, w.order)
		require.NoError(t, err, state)
	}
	require.NoError(t, postgres.Migrate(ctx, db, migrations.All...))

	for state, w := range want {
		payment, err := store.New(db).Payment(ctx, w.order)
		require.NoError(t, err, state)
		assert.Equal(t, w.status, payment.Summary().Status, state)
		step := domain.Step{OrderID: w.order, Saga: "place-order", Instance: w.order, Name: "authorize-payment"}
		states := map[domain.Kind]string{}
		for _, op := range payment.Operations {
			assert.Equal(t, step, op.Step)
			states[op.Kind] = string(op.State)
		}
		assert.Equal(t, w.authorize, states[domain.Authorize], state)
		assert.Equal(t, w.void, states[domain.Void], state)
		if op := payment.Operation(step, domain.Authorize); op != nil {
			assert.Equal(t, w.order+"/place-order/authorize-payment", op.Key, "%s: what was sent keeps its key", state)
			assert.Equal(t, op.ProviderReference != "", op.Held == domain.Money{Amount: 1234, Currency: "GBP"}, state)
		}
		if undo := payment.Operation(step, domain.Void); undo != nil {
			assert.Equal(t, step.Key(domain.Void), undo.Key, state)
		}
	}
	due, err := store.New(db).Due(ctx, 10)
	require.NoError(t, err)
	assert.Len(t, due, 3, "what the resolver had to finish, it still has")
}
