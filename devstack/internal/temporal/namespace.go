package temporal

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	namespacepb "go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

// prepareNamespace creates the namespace and its search attributes, and returns when every service
// of the server can use them: each service refreshes its copy of the namespaces at an interval.
func (s *Server) prepareNamespace(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	conn, err := grpc.NewClient(s.Address(), grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithUnaryInterceptor(typedErrors))
	if err != nil {
		return fmt.Errorf("connecting to the Temporal server: %w", err)
	}
	defer conn.Close()
	frontend := workflowservice.NewWorkflowServiceClient(conn)
	if err := s.registerNamespace(ctx, frontend); err != nil {
		return fmt.Errorf("namespace %s: %w", s.Namespace, err)
	}
	added, err := s.addSearchAttributes(ctx, operatorservice.NewOperatorServiceClient(conn))
	if err != nil {
		return fmt.Errorf("search attributes of namespace %s: %w", s.Namespace, err)
	}
	if added {
		// Only a workflow that sets them proves that all services can use them.
		err = s.proveSearchAttributes(ctx, frontend)
	} else {
		err = until(ctx, func() error { return s.count(ctx, frontend, s.attributesAre("IS NULL"), 0) })
	}
	if err != nil {
		return fmt.Errorf("waiting for the search attributes of namespace %s: %w", s.Namespace, err)
	}
	return nil
}

func (s *Server) registerNamespace(ctx context.Context, frontend workflowservice.WorkflowServiceClient) error {
	retention := durationpb.New(s.Retention)
	err := until(ctx, func() error {
		_, err := frontend.RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
			Namespace: s.Namespace, WorkflowExecutionRetentionPeriod: retention,
			Description: "made by devstack",
		})
		return err
	})
	var exists *serviceerror.NamespaceAlreadyExists
	if !errors.As(err, &exists) {
		return err
	}
	current, err := frontend.DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: s.Namespace})
	if err != nil {
		return fmt.Errorf("reading it: %w", err)
	}
	if current.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration() == s.Retention {
		return nil
	}
	_, err = frontend.UpdateNamespace(ctx, &workflowservice.UpdateNamespaceRequest{
		Namespace: s.Namespace, Config: &namespacepb.NamespaceConfig{WorkflowExecutionRetentionTtl: retention},
	})
	if err != nil {
		return fmt.Errorf("setting the retention to %s: %w", s.Retention, err)
	}
	return nil
}

// addSearchAttributes adds the missing ones and reports whether there were any.
func (s *Server) addSearchAttributes(ctx context.Context, operator operatorservice.OperatorServiceClient) (bool, error) {
	var known *operatorservice.ListSearchAttributesResponse
	err := until(ctx, func() (err error) {
		known, err = operator.ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: s.Namespace})
		return err
	})
	if err != nil {
		return false, fmt.Errorf("listing them: %w", err)
	}
	missing := map[string]enumspb.IndexedValueType{}
	for name, kind := range s.SearchAttributes {
		wanted, err := enumspb.IndexedValueTypeFromString(kind)
		if err != nil {
			return false, fmt.Errorf("%s: %w", name, err)
		}
		if _, system := known.SystemAttributes[name]; system {
			return false, fmt.Errorf("%s is an attribute of Temporal itself", name)
		}
		present, found := known.CustomAttributes[name]
		if found && present != wanted {
			return false, fmt.Errorf("%s is a %s and cannot become a %s", name, present, wanted)
		}
		if !found {
			missing[name] = wanted
		}
	}
	if len(missing) == 0 {
		return false, nil
	}
	_, err = operator.AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace: s.Namespace, SearchAttributes: missing,
	})
	if err != nil {
		return false, fmt.Errorf("adding %s: %w", strings.Join(slices.Sorted(maps.Keys(missing)), ", "), err)
	}
	return true, nil
}

// attributesAre returns a query that names every search attribute.
func (s *Server) attributesAre(condition string) string {
	var terms []string
	for _, name := range slices.Sorted(maps.Keys(s.SearchAttributes)) {
		terms = append(terms, "`"+name+"` "+condition)
	}
	return strings.Join(terms, " AND ")
}

// count is an error unless at least that many workflows answer the query.
func (s *Server) count(ctx context.Context, frontend workflowservice.WorkflowServiceClient, query string, atLeast int64) error {
	found, err := frontend.CountWorkflowExecutions(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: s.Namespace, Query: query})
	if err != nil {
		return fmt.Errorf("asking for %s: %w", query, err)
	}
	if found.GetCount() < atLeast {
		return notYet{fmt.Errorf("%d workflows answer %s", found.GetCount(), query)}
	}
	return nil
}

// typedErrors turns the status of an answer into the error type of Temporal's API.
func typedErrors(ctx context.Context, method string, request, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	return serviceerror.FromStatus(status.Convert(invoke(ctx, method, request, reply, conn, options...)))
}

// notYet is a temporary error.
type notYet struct{ error }

// until retries while the server is not ready, or does not have the namespace or an attribute yet.
func until(ctx context.Context, try func() error) error {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := try()
		if err == nil || !passing(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), err)
		case <-ticker.C:
		}
	}
}

func passing(err error) bool {
	var (
		waiting     notYet
		unknown     *serviceerror.NamespaceNotFound
		invalid     *serviceerror.InvalidArgument
		unavailable *serviceerror.Unavailable
		exhausted   *serviceerror.ResourceExhausted
	)
	return errors.As(err, &waiting) || errors.As(err, &unknown) || errors.As(err, &invalid) ||
		errors.As(err, &unavailable) || errors.As(err, &exhausted)
}
