package doctor_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/temporalclient"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

func TestSetupMakesWhatTheSagasNeedAndFindsItTheNextTime(t *testing.T) {
	address, namespace := testkit.Running(t).Temporal.Address, fmt.Sprintf("setup-%d", time.Now().UnixNano())
	environment := []string{"TEMPORAL_ADDRESS=" + address, "TEMPORAL_NAMESPACE=" + namespace}
	printed, exitCode := shop.Try(t, environment, "ordersaga", "setup", "--retention", "48h")
	require.Zero(t, exitCode, printed)
	assert.Contains(t, printed, "made namespace "+namespace)

	c, err := client.DialContext(t.Context(), client.Options{HostPort: address, Namespace: namespace})
	require.NoError(t, err)
	defer c.Close()
	assert.NoError(t, temporalclient.HasSearchAttributes(t.Context(), c, sagas.SearchAttributes()...), "usable at once")
	described, err := c.WorkflowService().DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: namespace})
	require.NoError(t, err)
	assert.Equal(t, 48*time.Hour, described.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration())

	printed, exitCode = shop.Try(t, environment, "ordersaga", "setup")
	require.Zero(t, exitCode, printed)
	assert.Contains(t, printed, "Temporal has all that the sagas need")
	described, err = c.WorkflowService().DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: namespace})
	require.NoError(t, err)
	assert.Equal(t, 48*time.Hour, described.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration(), "what is there stays as it is")
}

func TestSetupRefusesAnAttributeOfAnotherKind(t *testing.T) {
	address, namespace := testkit.Running(t).Temporal.Address, fmt.Sprintf("setup-%d", time.Now().UnixNano())
	t.Setenv("TEMPORAL_ADDRESS", address)
	t.Setenv("TEMPORAL_NAMESPACE", namespace)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	_, err := temporalclient.Setup(ctx, 24*time.Hour)
	require.NoError(t, err)
	c, err := client.DialContext(ctx, client.Options{HostPort: address, Namespace: namespace})
	require.NoError(t, err)
	defer c.Close()
	_, err = c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace: namespace, SearchAttributes: map[string]enumspb.IndexedValueType{"OrderStatus": enumspb.INDEXED_VALUE_TYPE_INT},
	})
	require.NoError(t, err)

	var printed string
	testkit.Eventually(t, "the server to list the attribute", func() bool {
		listed, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
		return err == nil && listed.GetCustomAttributes()["OrderStatus"] != 0
	})
	printed, exitCode := shop.Try(t, []string{"TEMPORAL_ADDRESS=" + address, "TEMPORAL_NAMESPACE=" + namespace}, "ordersaga", "setup", "--wait", "1m")
	assert.Equal(t, 1, exitCode)
	assert.Contains(t, printed, "search attribute OrderStatus of the namespace "+namespace+" is Int and must be a Keyword")
}

func TestSetupSaysThatNobodyAnswers(t *testing.T) {
	printed, exitCode := shop.Try(t, []string{"TEMPORAL_ADDRESS=" + nobody(t)}, "ordersaga", "setup", "--wait", "1s")
	assert.Equal(t, 1, exitCode)
	assert.Contains(t, printed, "no answer from Temporal at TEMPORAL_ADDRESS")
}
