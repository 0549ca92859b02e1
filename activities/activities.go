// Package activities has what the sagas do: thin calls of the services, one
// package for each service called. An activity's name is in contracts/sagas; what
// it promises is the contract of the call behind it.
package activities

import (
	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/refusal"
)

// Error is how a call's error goes to the saga: a refusal as a typed error that is
// never retried, everything else as it is, to be tried again.
func Error(err error) error {
	if r, ok := refusal.As(err); ok {
		return sagas.RefusalError(r)
	}
	return err
}

// Step is the barrier's key in a call.
func Step(step sagas.Step) *commonv1.Step {
	return &commonv1.Step{OrderId: step.OrderID, Saga: step.Saga, Name: step.Name}
}
