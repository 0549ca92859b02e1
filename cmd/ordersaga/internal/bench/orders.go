package bench

import (
	"context"
	"fmt"

	"github.com/ordersaga/ordersaga/contracts/sagas"
)

// orders are the cases of orders, and of the workflows that they are compared with, for each number
// of callers.
func (s *system) orders() (cases []*Case) {
	for _, callers := range s.Callers {
		empty := &Case{Part: Orders, Name: "empty workflow", Callers: callers, do: s.floor.run(emptyWorkflow)}
		five := &Case{Part: Orders, Name: "five activities", Callers: callers, do: s.floor.run(activityWorkflow)}
		cases = append(cases, empty, five)
		var first *Case
		for _, lines := range s.Lines {
			order := &Case{Part: Orders, Name: "order", Callers: callers, Lines: lines, do: s.buyers.place(lines), to: []comparison{
				{name: "orders a second to empty workflows", to: empty, of: speed},
				{name: "p50 to that of an empty workflow", to: empty, of: middle},
				{name: "CPU outside Temporal to all CPU of an empty workflow", to: empty, of: cpuOwn, against: cpuTotal},
				{name: "orders a second to workflows of five activities", to: five, of: speed},
			}}
			if first == nil {
				first = order
			} else {
				order.to = append(order.to, comparison{name: fmt.Sprintf("CPU to that of %d lines", first.Lines), to: first, of: cpuTotal})
			}
			cases = append(cases, order)
		}
	}
	return cases
}

// sample is how many workflows are looked at for the length of their histories.
const sample = 20

// describe fills in what Temporal tells of the orders' workflows: the median of some.
func (s *system) describe(ctx context.Context, cases []*Case) error {
	for _, c := range cases {
		ids := s.buyers.placed[c.Lines]
		if c.Part != Orders || len(ids) == 0 {
			continue
		}
		var events, transitions []float64
		for _, id := range ids[max(0, len(ids)-sample):] {
			described, err := s.floor.client.DescribeWorkflowExecution(ctx, sagas.WorkflowID(id), "")
			if err != nil {
				return fmt.Errorf("describe the workflow of order %s: %w", id, err)
			}
			events = append(events, float64(described.GetWorkflowExecutionInfo().GetHistoryLength()))
			transitions = append(transitions, float64(described.GetWorkflowExecutionInfo().GetStateTransitionCount()))
		}
		c.HistoryEvents, c.StateTransitions = int64(median(events)), int64(median(transitions))
	}
	return nil
}
