package docs

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/ordersaga/ordersaga/platform/testkit"
)

// savedQuery is a list filter of the Temporal Web UI in a page: the text, and the link to it.
var savedQuery = regexp.MustCompile("\\[`([^`]+)`\\]\\([^)]*/workflows\\?query=([^)]+)\\)")

func TestSavedQueriesOfTheWebUIAreTakenByTheServer(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "temporal-ui.md"))
	require.NoError(t, err)
	found := savedQuery.FindAllStringSubmatch(string(page), -1)
	require.GreaterOrEqual(t, len(found), 16)
	address, namespace := testkit.Temporal(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	temporal, err := client.DialContext(ctx, client.Options{HostPort: address, Namespace: namespace})
	require.NoError(t, err)
	defer temporal.Close()
	for _, query := range found {
		linked, err := url.QueryUnescape(query[2])
		require.NoError(t, err)
		assert.Equal(t, strings.ReplaceAll(query[1], " = ", "="), linked, "the link, as the Web UI makes it, is to what the page says")
		_, err = temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: namespace, Query: linked})
		assert.NoError(t, err, linked)
	}
}
