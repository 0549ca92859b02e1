package temporalclient

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"
)

// again is the pause between two tries.
const again = 250 * time.Millisecond

// Setup creates the namespace of the sagas, with the retention for closed sagas, and its keyword
// search attributes, unless they exist. It returns when they can be used, or with the last error
// when ctx ends. An existing namespace keeps its retention. On Temporal Cloud namespaces and
// attributes are created only on its page or with tcld; there Setup finds them or fails.
func Setup(ctx context.Context, retention time.Duration, attributes ...string) (made []string, err error) {
	options, err := options()
	if err != nil {
		return nil, err
	}
	var c client.Client
	err = retry(ctx, func() (err error) {
		c, err = Dial(ctx, nil)
		return err
	})
	if err != nil {
		return nil, err
	}
	defer c.Close()
	created, err := ensureNamespace(ctx, c, options.Namespace, retention)
	if err != nil {
		return nil, err
	}
	if created {
		made = append(made, "namespace "+options.Namespace)
	}
	added, err := ensureAttributes(ctx, c, options.Namespace, attributes)
	if err != nil {
		return made, err
	}
	for _, name := range added {
		made = append(made, "search attribute "+name)
	}
	return made, retry(ctx, func() error { return HasSearchAttributes(ctx, c, attributes...) })
}

func ensureNamespace(ctx context.Context, c client.Client, name string, retention time.Duration) (created bool, err error) {
	_, err = c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: name})
	var missing *serviceerror.NamespaceNotFound
	if !errors.As(err, &missing) {
		return false, wrap(err, "look for the namespace %s", name)
	}
	_, err = c.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace: name, WorkflowExecutionRetentionPeriod: durationpb.New(retention),
	})
	var exists *serviceerror.NamespaceAlreadyExists
	if err != nil && !errors.As(err, &exists) {
		return false, fmt.Errorf("make the namespace %s: %w", name, err)
	}
	// The server's cache of namespaces is some seconds old.
	return err == nil, retry(ctx, func() error {
		_, err := c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: name})
		return wrap(err, "wait for the namespace %s", name)
	})
}

func ensureAttributes(ctx context.Context, c client.Client, namespace string, names []string) (added []string, err error) {
	var there *operatorservice.ListSearchAttributesResponse
	err = retry(ctx, func() (err error) {
		there, err = c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
		return wrap(err, "list the search attributes of %s", namespace)
	})
	if err != nil {
		return nil, err
	}
	missing := map[string]enumspb.IndexedValueType{}
	for _, name := range names {
		switch kind, found := there.GetCustomAttributes()[name]; {
		case !found:
			missing[name] = enumspb.INDEXED_VALUE_TYPE_KEYWORD
			added = append(added, name)
		case kind != enumspb.INDEXED_VALUE_TYPE_KEYWORD:
			return nil, fmt.Errorf("search attribute %s of the namespace %s is %s and must be a Keyword: remove it, or take another namespace", name, namespace, kind)
		}
	}
	if len(missing) == 0 {
		return nil, nil
	}
	_, err = c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace: namespace, SearchAttributes: missing,
	})
	var exists *serviceerror.AlreadyExists // another process added them
	if err != nil && !errors.As(err, &exists) {
		return nil, fmt.Errorf("add the search attributes of %s: %w", namespace, err)
	}
	return added, nil
}

// retry tries until it succeeds or ctx ends; then it returns the last error.
func retry(ctx context.Context, try func() error) error {
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(again):
		}
	}
}

func wrap(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf(format+": %w", append(args, err)...)
}
