package temporalclient

import (
	"cmp"
	"context"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"

	"github.com/ordersaga/ordersaga/platform/doctor"
	"github.com/ordersaga/ordersaga/platform/text"
)

// Checks makes checks that Temporal answers, has the namespace with the search attributes
// (Keyword), and has workers on the task queue.
func Checks(taskQueue string, attributes ...string) []doctor.Check {
	return []doctor.Check{
		{Subject: "TEMPORAL_ADDRESS", Encrypted: encrypted, Try: func(ctx context.Context) (string, error) {
			return withClient(ctx, func(c client.Client, at place) (string, error) {
				info, err := c.WorkflowService().GetSystemInfo(ctx, &workflowservice.GetSystemInfoRequest{})
				if err != nil {
					return "", fmt.Errorf("get the system info of Temporal at %s: %w", at.address, err)
				}
				return fmt.Sprintf("Temporal %s at %s", info.GetServerVersion(), at.address), nil
			})
		}},
		{Subject: "TEMPORAL_NAMESPACE", Needs: "TEMPORAL_ADDRESS", Try: func(ctx context.Context) (string, error) {
			return withClient(ctx, func(c client.Client, at place) (string, error) {
				return namespace(ctx, c, at, attributes)
			})
		}},
		{Subject: "TEMPORAL_TASK_QUEUE", Needs: "TEMPORAL_NAMESPACE", Try: func(ctx context.Context) (string, error) {
			return withClient(ctx, func(c client.Client, at place) (string, error) {
				return pollers(ctx, c, at, taskQueue)
			})
		}},
	}
}

// encrypted fails for a Temporal server on another machine without TLS.
func encrypted() error {
	profile, err := envconfig.LoadClientConfigProfile(envconfig.LoadClientConfigProfileOptions{})
	if err != nil {
		return fmt.Errorf("cannot be found in the TEMPORAL_* settings: %w", err)
	}
	address := cmp.Or(profile.Address, client.DefaultHostPort)
	encrypted := profile.APIKey != "" || profile.TLS != nil
	if profile.TLS != nil && profile.TLS.Disabled {
		encrypted = false
	}
	if encrypted || doctor.Local(address) {
		return nil
	}
	return fmt.Errorf("is called in plain text: set TEMPORAL_TLS=true, %s is not this machine", address)
}

// place is the address and namespace of the settings.
type place struct{ address, namespace string }

func withClient(ctx context.Context, try func(client.Client, place) (string, error)) (string, error) {
	options, err := options()
	if err != nil {
		return "", err
	}
	c, err := Dial(ctx, nil)
	if err != nil {
		return "", err
	}
	defer c.Close()
	return try(c, place{address: options.HostPort, namespace: options.Namespace})
}

func namespace(ctx context.Context, c client.Client, at place, attributes []string) (string, error) {
	described, err := c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: at.namespace})
	if _, missing := err.(*serviceerror.NamespaceNotFound); missing { //nolint:errorlint // the SDK gives it unwrapped
		return "", fmt.Errorf("there is no namespace %q at %s; `ordersaga setup` makes it, and on Temporal Cloud its page or tcld", at.namespace, at.address)
	}
	if err != nil {
		return "", fmt.Errorf("describe the namespace %q at %s: %w", at.namespace, at.address, err)
	}
	if err := HasSearchAttributes(ctx, c, attributes...); err != nil {
		return "", fmt.Errorf("namespace %q: %w; `ordersaga setup` makes them, and on Temporal Cloud the namespace's page or tcld", at.namespace, err)
	}
	return fmt.Sprintf("namespace %s with its search attributes, keeps closed sagas for %s",
		at.namespace, described.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration()), nil
}

func pollers(ctx context.Context, c client.Client, at place, taskQueue string) (string, error) {
	//nolint:staticcheck // the one call that every server answers, versioned workers or not
	described, err := c.WorkflowService().DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{
		Namespace: at.namespace, TaskQueue: &taskqueuepb.TaskQueue{Name: taskQueue},
		TaskQueueType: enumspb.TASK_QUEUE_TYPE_WORKFLOW,
	})
	if err != nil {
		return "", fmt.Errorf("look at the task queue %q: %w", taskQueue, err)
	}
	if len(described.GetPollers()) == 0 {
		return "", doctor.Remark(fmt.Sprintf("no worker polls the task queue %q of namespace %q: orders wait until one does", taskQueue, at.namespace))
	}
	return fmt.Sprintf("%s is polled by %s", taskQueue, text.Count(len(described.GetPollers()), "worker")), nil
}
