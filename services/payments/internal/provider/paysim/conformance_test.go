package paysim

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider/providertest"
)

func TestPaysimIsAProvider(t *testing.T) {
	const key = "conformance-secret"
	adapter := providertest.Adapter{
		New:    func(url string, timeout time.Duration) (provider.Provider, error) { return New(url, key, timeout) },
		URL:    startPaysim(t, key),
		Secret: key, Currency: "GBP",
		Approved: "card_approve", Unknown: "card_of_a_kind",
		Declined: "card_insufficient_funds", DeclineCode: "insufficient_funds",
	}
	providertest.Run(t, adapter)
	t.Run("that captures once", func(t *testing.T) {
		adapter.Approved = "card_capture_once"
		providertest.Run(t, adapter)
	})
	t.Run("in a currency that it counts in hundredths", func(t *testing.T) {
		adapter.Currency, adapter.Approved = "ISK", "card_approve"
		providertest.Run(t, adapter)
	})
}

// startPaysim runs the real one until the test ends.
func startPaysim(t *testing.T, key string) (url string) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "paysim")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "../../../../../cmd/paysim").CombinedOutput()
	require.NoError(t, err, "build paysim: %s", out)
	port := strconv.Itoa(testkit.FreePort(t))
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), "HOST=127.0.0.1", "PORT="+port, "PAYSIM_API_KEY="+key, "PAYSIM_DATA="+filepath.Join(t.TempDir(), "paysim.db"))
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	url = "http://127.0.0.1:" + port
	testkit.Eventually(t, "paysim is ready", func() bool {
		response, err := http.Get(url + "/readyz")
		if err != nil {
			return false
		}
		_ = response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
	return url
}
