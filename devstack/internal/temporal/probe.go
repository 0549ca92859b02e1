package temporal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	commandpb "go.temporal.io/api/command/v1"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/durationpb"
)

const probeType = "devstack-probe"

// proveSearchAttributes sends one workflow through the server that sets every attribute when it
// starts, which the frontend judges, and again by a command, which the history service judges;
// finds it by them; and deletes it.
func (s *Server) proveSearchAttributes(ctx context.Context, frontend workflowservice.WorkflowServiceClient) error {
	attributes, err := s.probeAttributes()
	if err != nil {
		return err
	}
	id := probeType + "-" + uuid.NewString()
	queue := &taskqueuepb.TaskQueue{Name: id, Kind: enumspb.TASK_QUEUE_KIND_NORMAL}
	err = until(ctx, func() error {
		_, err := frontend.StartWorkflowExecution(ctx, &workflowservice.StartWorkflowExecutionRequest{
			Namespace: s.Namespace, WorkflowId: id, WorkflowType: &commonpb.WorkflowType{Name: probeType},
			TaskQueue: queue, RequestId: id, SearchAttributes: attributes,
			WorkflowRunTimeout: durationpb.New(time.Minute), WorkflowTaskTimeout: durationpb.New(time.Second),
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("starting the probe: %w", err)
	}
	if err := until(ctx, func() error { return s.answerProbe(ctx, frontend, queue, attributes) }); err != nil {
		return fmt.Errorf("answering the probe: %w", err)
	}
	found := fmt.Sprintf("WorkflowId = '%s' AND ExecutionStatus = 'Completed' AND %s", id, s.attributesAre("IS NOT NULL"))
	if err := until(ctx, func() error { return s.count(ctx, frontend, found, 1) }); err != nil {
		return fmt.Errorf("finding the probe: %w", err)
	}
	_, err = frontend.DeleteWorkflowExecution(ctx, &workflowservice.DeleteWorkflowExecutionRequest{
		Namespace: s.Namespace, WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: id},
	})
	if err != nil {
		return fmt.Errorf("deleting the probe: %w", err)
	}
	return nil
}

// answerProbe takes the probe's task and completes the workflow. A history service that does not
// have an attribute yet fails the task, which is then retried.
func (s *Server) answerProbe(ctx context.Context, frontend workflowservice.WorkflowServiceClient, queue *taskqueuepb.TaskQueue, attributes *commonpb.SearchAttributes) error {
	poll, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	task, err := frontend.PollWorkflowTaskQueue(poll, &workflowservice.PollWorkflowTaskQueueRequest{
		Namespace: s.Namespace, TaskQueue: queue, Identity: probeType,
	})
	if err != nil {
		return fmt.Errorf("polling: %w", err)
	}
	if len(task.GetTaskToken()) == 0 {
		return notYet{errors.New("there is no task")}
	}
	_, err = frontend.RespondWorkflowTaskCompleted(ctx, &workflowservice.RespondWorkflowTaskCompletedRequest{
		Namespace: s.Namespace, TaskToken: task.GetTaskToken(), Identity: probeType,
		Commands: []*commandpb.Command{
			{
				CommandType: enumspb.COMMAND_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
				Attributes: &commandpb.Command_UpsertWorkflowSearchAttributesCommandAttributes{
					UpsertWorkflowSearchAttributesCommandAttributes: &commandpb.UpsertWorkflowSearchAttributesCommandAttributes{SearchAttributes: attributes},
				},
			},
			{
				CommandType: enumspb.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION,
				Attributes: &commandpb.Command_CompleteWorkflowExecutionCommandAttributes{
					CompleteWorkflowExecutionCommandAttributes: &commandpb.CompleteWorkflowExecutionCommandAttributes{},
				},
			},
		},
	})
	// A task that timed out is retried as well.
	var lost *serviceerror.NotFound
	if errors.As(err, &lost) {
		return notYet{err}
	}
	return err
}

func (s *Server) probeAttributes() (*commonpb.SearchAttributes, error) {
	samples := map[string]any{
		"keyword": "probe", "keywordlist": []string{"probe"}, "text": "probe", "int": 1, "double": 0.5,
		"bool": true, "datetime": time.Now().UTC(),
	}
	fields := map[string]*commonpb.Payload{}
	for name, kind := range s.SearchAttributes {
		data, err := json.Marshal(samples[strings.ToLower(kind)])
		if err != nil {
			return nil, fmt.Errorf("encoding a sample of %s: %w", name, err)
		}
		fields[name] = &commonpb.Payload{
			Metadata: map[string][]byte{"encoding": []byte("json/plain"), "type": []byte(kind)}, Data: data,
		}
	}
	return &commonpb.SearchAttributes{IndexedFields: fields}, nil
}
