package operations_test

import (
	"bufio"
	"fmt"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

// documented are the metrics in the tables of the page's section: names, and what the names of
// those begin with that are not ours and are told of together.
func documented(t *testing.T) (names map[string]bool, prefixes []string) {
	t.Helper()
	content, err := os.ReadFile(page)
	require.NoError(t, err)
	_, section, found := strings.Cut(string(content), "\n## Metrics\n")
	require.True(t, found, "%s has no section Metrics", page)
	section, _, _ = strings.Cut(section, "\n## ")
	names = map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)(\\*?)` \\|").FindAllStringSubmatch(section, -1) {
		if row[2] == "*" {
			prefixes = append(prefixes, row[1])
			continue
		}
		names[row[1]] = true
	}
	require.NotEmpty(t, names)
	return names, prefixes
}

func TestThePageHasEveryMetricThatTheProgramsExposeAndNoOther(t *testing.T) {
	s := shop.Open(t, shop.Options{Env: map[string][]string{shop.Worker: {"SWEEP_INTERVAL=1s", "SWEEP_AGE=0s"}}})
	s.Sells("METRICS", 100, 2)
	customer := s.Customer("metrics")
	for key, card := range map[string]string{"approved": "card_approve", "declined": "card_declined"} {
		answer := customer.Place(key, shop.Of("METRICS", 1, card))
		require.Contains(t, []int{http.StatusCreated, http.StatusUnprocessableEntity}, answer.Status, "%s", answer)
	}

	testkit.Eventually(t, "the product to be shown, for the cache's metric", func() bool {
		return customer.Get(shop.Catalog, "/v1/products/METRICS").Status == http.StatusOK
	})

	names, prefixes := documented(t)
	var exposed map[string][]string
	// Some are there only once an event was consumed or a sweep has run.
	testkit.Eventually(t, fmt.Sprintf("the metrics of the page to be exposed: %v", slices.Sorted(maps.Keys(names))), func() bool {
		exposed = scrape(t, s)
		for name := range names {
			if exposed[name] == nil {
				t.Logf("not exposed yet: %s", name)
				return false
			}
		}
		return true
	})
	for _, name := range slices.Sorted(maps.Keys(exposed)) {
		ours := strings.HasPrefix(name, "ordersaga_") || strings.HasPrefix(name, "paysim_")
		summarised := slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
		assert.True(t, names[name] || !ours && summarised,
			"%s, exposed by %s, is not in the tables of docs/operations.md", name, strings.Join(exposed[name], ", "))
	}
}

// scrape asks every program and returns who exposes each family.
func scrape(t *testing.T, s *shop.Shop) map[string][]string {
	t.Helper()
	exposed := map[string][]string{}
	for _, program := range []string{shop.Catalog, shop.Inventory, shop.Payments, shop.Orders, shop.Worker, shop.Paysim} {
		response, err := http.Get("http://" + admin(s, program) + "/metrics")
		require.NoError(t, err)
		lines := bufio.NewScanner(response.Body)
		for lines.Scan() {
			if family, found := strings.CutPrefix(lines.Text(), "# TYPE "); found {
				name, _, _ := strings.Cut(family, " ")
				exposed[name] = append(exposed[name], program)
			}
		}
		require.NoError(t, lines.Err())
		require.NoError(t, response.Body.Close())
	}
	return exposed
}

// admin is where a program of the shop tells how it is.
func admin(s *shop.Shop, program string) string {
	var port string
	for _, entry := range s.Environment(program) {
		name, value, _ := strings.Cut(entry, "=")
		if name == "ADMIN_PORT" || name == "PORT" && port == "" {
			port = value
		}
	}
	return "127.0.0.1:" + port
}
