package testkit

import (
	"context"
	"sync"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"
)

// searchAttributes are those of a deployed namespace.
var searchAttributes = map[string]enumspb.IndexedValueType{
	"OrderStatus": enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"SagaState":   enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"CustomerId":  enumspb.INDEXED_VALUE_TYPE_KEYWORD,
}

// namespaces of this program, by the server's address.
var namespaces = struct {
	sync.Mutex
	names map[string]string
}{names: map[string]string{}}

// Temporal returns the server's address and the namespace of this test program. Its tests share the
// namespace and use separate task queues: creating a namespace takes seconds.
func Temporal(t testing.TB) (address, namespace string) {
	t.Helper()
	address = Running(t).Temporal.Address
	namespaces.Lock()
	defer namespaces.Unlock()
	if namespaces.names[address] == "" {
		name := "test-" + unique()
		makeNamespace(t, address, name)
		namespaces.names[address] = name
	}
	return address, namespaces.names[address]
}

// OwnTemporal creates a namespace for this test, when its workflow ids derive from requests and may
// be the same as those of another test.
func OwnTemporal(t testing.TB) (address, namespace string) {
	t.Helper()
	address = Running(t).Temporal.Address
	namespace = "test-" + unique()
	makeNamespace(t, address, namespace)
	return address, namespace
}

// TaskQueue returns a unique name.
func TaskQueue(testing.TB) string { return "test-" + unique() }

func makeNamespace(t testing.TB, address, name string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := client.DialContext(ctx, client.Options{HostPort: address, Namespace: name})
	if err != nil {
		t.Fatalf("dial Temporal at %s: %v", address, err)
	}
	defer c.Close()
	_, err = c.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace:                        name,
		WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour),
	})
	if err != nil {
		t.Fatalf("register namespace %s: %v", name, err)
	}
	Eventually(t, "namespace "+name+" to take search attributes", func() bool {
		_, err = c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
			Namespace: name, SearchAttributes: searchAttributes,
		})
		return err == nil || ctx.Err() != nil
	})
	if err != nil {
		t.Fatalf("add search attributes to %s: %v", name, err)
	}
	// A server can use a new search attribute only after its cache was refreshed; until then it
	// refuses to start workflows with it.
	Eventually(t, "the search attributes of "+name+" to be usable", func() bool {
		_, err := c.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
			Namespace: name, Query: `OrderStatus = "placed" AND SagaState = "running" AND CustomerId = "nobody"`,
		})
		return err == nil
	})
}
