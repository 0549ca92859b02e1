package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/config"
	"github.com/ordersaga/ordersaga/platform/doctor"
	"github.com/ordersaga/ordersaga/platform/search/engines"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/platform/testkit/netfault"
	"github.com/ordersaga/ordersaga/services/catalog/internal/catalogtest"
)

func finds(t *testing.T, catalog running, query, part string) {
	t.Helper()
	testkit.Eventually(t, query+" to find "+part, func() bool {
		answer := catalog.Get(t, catalogtest.Shopper(t), "/v1/products/search?"+query)
		return answer.Status == http.StatusOK && strings.Contains(string(answer.Body), part)
	})
}

// The server is shared: whichever instance feeds it, all find the same, and when one goes another
// goes on. While it is away nothing else is affected.
func TestInstancesShareTheIndexOfASearchServer(t *testing.T) {
	url, prefix := testkit.OpenSearch(t)
	line := netfault.New(t, url)
	cfg := newShop(t, testkit.AMQP(t))
	cfg.Search = engines.Settings{URL: config.Secret(line.URL()), Prefix: prefix}
	require.NoError(t, cfg.Validate())
	second := cfg
	second.Port, second.GRPCPort, second.AdminPort = testkit.FreePort(t), testkit.FreePort(t), testkit.FreePort(t)
	operator := catalogtest.Operator(t)

	one := start(t, cfg)
	other := start(t, second)
	require.Equal(t, http.StatusCreated, one.Post(t, operator, "/v1/products", newMug).Status)
	finds(t, one, "q=mugs", `"total":1`)
	finds(t, other, "q=mugs", `"total":1`)

	line.Cut()
	away := one.Get(t, operator, "/v1/products/search?q=mug")
	assert.Equal(t, http.StatusServiceUnavailable, away.Status)
	assert.NotEmpty(t, away.Header.Get("Retry-After"))
	assert.NotContains(t, string(away.Body), "127.0.0.1", "insides stay inside")
	assert.Equal(t, http.StatusOK, one.admin.Get(t, "", "/readyz").Status, "search is no part of readiness")
	require.Equal(t, http.StatusCreated, one.Post(t, operator, "/v1/products", strings.Replace(newMug, "MUG-1", "MUG-2", 1)).Status)
	testkit.Eventually(t, "the second mug on the read side", func() bool { _, ok := shown(t, one, operator, "MUG-2"); return ok })
	line.Mend()
	finds(t, one, "q=mugs", `"total":2`)

	one.stop()
	require.Equal(t, http.StatusCreated, other.Post(t, operator, "/v1/products", strings.Replace(newMug, "MUG-1", "MUG-3", 1)).Status)
	finds(t, other, "q=mugs", `"total":3`)

	var said strings.Builder
	assert.Zero(t, doctor.Examine(t.Context(), &said, cfg.Search.Checks()))
	assert.Contains(t, said.String(), "SEARCH_URL")
}

func TestSearchSettings(t *testing.T) {
	for wrong, name := range map[string]string{
		"SEARCH_URL=localhost:9200":                      "SEARCH_URL",
		"SEARCH_URL=ftp://catalog:hush@search.example/x": "SEARCH_URL",
		"SEARCH_PREFIX=Ordersaga":                        "SEARCH_PREFIX",
		"SEARCH_PREFIX=*":                                "SEARCH_PREFIX",
	} {
		_, err := config.LoadFrom[settings](environment(wrong))
		require.ErrorContains(t, err, name, wrong)
		assert.NotContains(t, err.Error(), "hush", wrong)
	}
	_, err := config.LoadFrom[settings](environment("SEARCH_URL=https://catalog:hush@search.example:9200", "SEARCH_DIR=/var/lib/search"))
	require.ErrorContains(t, err, "SEARCH_DIR")
	cfg, err := config.LoadFrom[settings](environment("SEARCH_URL=http://catalog:hush@search.example:9200"))
	require.NoError(t, err)
	require.Len(t, cfg.Search.Checks(), 1)
	assert.ErrorContains(t, cfg.Search.Checks()[0].Encrypted(), "https://")
}
