package waiting_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/services/orders/internal/waiting"
)

func TestPreferredWait(t *testing.T) {
	for header, want := range map[string]struct {
		wait    time.Duration
		applied string
	}{
		"":                              {10 * time.Second, ""},
		"wait=3":                        {3 * time.Second, "wait=3"},
		"wait=0":                        {0, "wait=0"},
		"wait=60":                       {50 * time.Second, "wait=50"},
		"wait=99999999999999999999":     {10 * time.Second, ""},
		"wait=-1":                       {10 * time.Second, ""},
		"wait=soon":                     {10 * time.Second, ""},
		"WAIT = 4":                      {4 * time.Second, "wait=4"},
		`wait="5"`:                      {5 * time.Second, "wait=5"},
		"wait=5, wait=7":                {5 * time.Second, "wait=5"},
		"respond-async":                 {0, "respond-async"},
		"respond-async, wait=6":         {6 * time.Second, "wait=6"},
		"handling=lenient; wait=3":      {10 * time.Second, ""},
		"return=minimal, Respond-Async": {0, "respond-async"},
	} {
		wait, applied := waiting.Preferred(header)
		require.Equal(t, want.wait, wait, "Prefer: %s", header)
		require.Equal(t, want.applied, applied, "Prefer: %s", header)
	}
}
