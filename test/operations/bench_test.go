package operations_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/contracts/programs"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

// Pages that wait for a limit would be counted as slow ones, and the limit as what orders can do.
func TestTheBenchmarkDoesNotMeasureALimit(t *testing.T) {
	t.Parallel()
	limited := shop.Open(t, shop.Options{Env: map[string][]string{shop.Orders: {"RATE_LIMIT_PER_SECOND=1", "RATE_LIMIT_BURST=20"}}})
	printed, code := shop.Try(t, os.Environ(), "ordersaga", "--dir", developmentFolder(t, limited), "bench", "--parts", "visible", "--for", "1m")
	require.Equal(t, 1, code, printed)
	require.Contains(t, printed, "start it with RATE_LIMIT_PER_SECOND=0")
}

func TestTheBenchmarkPrintsAndSavesWhatItMeasured(t *testing.T) {
	t.Parallel()
	s := shop.Open(t, shop.Options{})
	saved := t.TempDir()
	printed, code := shop.Try(t, os.Environ(), "ordersaga", "--dir", developmentFolder(t, s), "bench", "--parts", "orders,visible,life",
		"--callers", "2", "--lines", "1,2", "--for", "300ms", "--rounds", "1", "--save", saved)
	require.Zero(t, code, printed)
	require.Contains(t, printed, "order, lines 2, callers 2: CPU to that of 1 lines")

	content, err := os.ReadFile(filepath.Join(saved, "bench.json"))
	require.NoError(t, err)
	var report struct {
		Cases []struct {
			Name   string
			Units  int
			P50    float64 `json:"p50_ms"`
			P99    float64 `json:"p99_ms"`
			Events int64   `json:"history_events"`
		}
	}
	require.NoError(t, json.Unmarshal(content, &report))
	names := map[string]bool{}
	for _, c := range report.Cases {
		names[c.Name] = true
		require.Positive(t, c.Units, c.Name)
		require.Positive(t, c.P50, c.Name)
		require.GreaterOrEqual(t, c.P99, c.P50, c.Name)
		require.Contains(t, printed, c.Name)
		require.Equal(t, c.Name == "order", c.Events > 0, c.Name)
	}
	require.Equal(t, []string{"confirmed to visible in the list", "empty workflow", "five activities", "order", "whole life"}, slices.Sorted(maps.Keys(names)))

	picture, err := os.Open(filepath.Join(saved, "bench.svg"))
	require.NoError(t, err)
	defer picture.Close()
	bars := 0
	for decoder := xml.NewDecoder(picture); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if element, begins := token.(xml.StartElement); begins && element.Name.Local == "circle" {
			bars++
		}
	}
	require.Len(t, report.Cases, bars, "each case is in the picture")
}

// developmentFolder makes the folder that `ordersaga dev` would have, for a shop.
func developmentFolder(t *testing.T, s *shop.Shop) string {
	t.Helper()
	dir, ports, databases := t.TempDir(), map[string]int{}, map[string]string{}
	urls := map[string]string{"issuer": testkit.Issuer(t)}
	for _, name := range programs.Names(programs.Any) {
		urls[name] = s.URL(name)
		for _, setting := range s.Environment(name) {
			variable, value, _ := strings.Cut(setting, "=")
			switch variable {
			case "PORT", "GRPC_PORT", "ADMIN_PORT":
				port, err := strconv.Atoi(value)
				require.NoError(t, err)
				ports[map[string]string{"PORT": name, "GRPC_PORT": name + "-grpc", "ADMIN_PORT": name + "-admin"}[variable]] = port
			case "DATABASE_URL":
				databases[name] = value
			}
		}
	}
	for file, content := range map[string]any{
		"dev.json": map[string]any{"urls": urls, "ports": ports},
		"devstack/engines.json": map[string]any{
			"postgres": map[string]any{"url": testkit.Running(t).Postgres.URL}, "databases": databases,
			"temporal": map[string]any{"address": s.TemporalAddress, "namespace": s.Namespace},
		},
		fmt.Sprintf("run/%s.pid.json", programs.Orders): map[string]any{"pid": os.Getpid()},
	} {
		encoded, err := json.Marshal(content)
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, file)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, file), encoded, 0o600))
	}
	return dir
}
