package doctor_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/test/shop"
)

// plain are the settings of programs on several machines that speak in the clear,
// by program.
func plain(program string) []string {
	settings := map[string]string{
		"OIDC_ISSUER": "https://issuer.example", "OIDC_CLIENT_ID": program, "OIDC_CLIENT_SECRET": "hunter2", "HOST": "0.0.0.0",
		"DATABASE_URL": "postgres://u:hunter2@db.example:5432/orders", "MONGODB_URI": "mongodb://u:hunter2@documents.example:27017/",
		"AMQP_URL": "amqp://u:hunter2@broker.example:5672/", "TEMPORAL_ADDRESS": "temporal.example:7233", "TEMPORAL_CONFIG_FILE": os.DevNull,
		"CATALOG_GRPC_ADDR": "catalog.example:9081", "ORDERS_GRPC_ADDR": "orders.example:9080",
		"INVENTORY_GRPC_ADDR": "inventory.example:9082", "PAYMENTS_GRPC_ADDR": "payments.example:9083",
		"PAYMENT_PROVIDER_URL": "http://provider.example", "PAYMENT_PROVIDER_KEY": "hunter2",
		"CURSOR_KEY": strings.Repeat("hunter2", 8), "PAYMENT_METHOD_KEY": strings.Repeat("hunter2", 8), "PERSONAL_DATA_KEY": strings.Repeat("hunter2", 8),
	}
	var environment []string
	for name, value := range settings {
		environment = append(environment, name+"="+value)
	}
	return environment
}

func TestAProductionStartSpeaksWithNobodyInPlainText(t *testing.T) {
	for program, want := range map[string][]string{
		shop.Catalog:   {"DATABASE_URL", "MONGODB_URI", "AMQP_URL", "GRPC_TLS_CERT"},
		shop.Inventory: {"DATABASE_URL", "AMQP_URL", "GRPC_TLS_CERT", "ORDERS_GRPC_ADDR"},
		shop.Payments:  {"DATABASE_URL", "GRPC_TLS_CERT", "PAYMENT_PROVIDER_URL", "ORDERS_GRPC_ADDR"},
		shop.Orders:    {"DATABASE_URL", "MONGODB_URI", "AMQP_URL", "GRPC_TLS_CERT", "CATALOG_GRPC_ADDR", "TEMPORAL_ADDRESS"},
		shop.Worker:    {"ORDERS_GRPC_ADDR", "INVENTORY_GRPC_ADDR", "PAYMENTS_GRPC_ADDR", "TEMPORAL_ADDRESS"},
	} {
		t.Run(program, func(t *testing.T) {
			printed, exitCode := shop.Try(t, plain(program), program)
			assert.Equal(t, 1, exitCode)
			var named []string
			for line := range strings.Lines(printed) {
				require.Contains(t, line, "ORDERSAGA_ENV=development allows plain text", "nothing else is wrong")
				named = append(named, strings.Fields(strings.TrimPrefix(line, program+": "))[0])
			}
			slices.Sort(named)
			slices.Sort(want)
			assert.Equal(t, want, named, "a line each, with its setting:\n%s", printed)
			assert.NotContains(t, printed, "hunter2", "a secret is not shown")

			checked, exitCode := shop.Try(t, plain(program), program, "--check")
			assert.Equal(t, 1, exitCode)
			for _, setting := range want {
				assert.Regexp(t, `wrong +settings +`+setting+` `, checked)
			}
		})
	}
}
