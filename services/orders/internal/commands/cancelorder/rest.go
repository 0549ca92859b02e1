package cancelorder

import (
	"context"
	"errors"
	"net/http"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/text"
	"github.com/ordersaga/ordersaga/services/orders/internal/runs"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
	"github.com/ordersaga/ordersaga/services/orders/internal/waiting"
)

type input struct {
	ID      string `path:"id" doc:"The order's id." example:"7b0f3f5e-2f0b-5d6a-9d5b-1f4f0c3a8e21"`
	Key     string `header:"Idempotency-Key" required:"true" doc:"1 to 255 printable ASCII characters of your choice, one for each cancellation: a repeated request gets the same one. The same key with another body is refused." example:"cancel-7f3c"`
	IfMatch string `header:"If-Match" doc:"The version of the order that you have seen, its ETag; or several, or * for whichever is current. Required (428)." example:"\"6\""`
	Prefer  string `header:"Prefer" doc:"wait=N: wait up to N seconds (0 to 50, default 10) for the outcome. respond-async: do not wait. RFC 7240." example:"wait=10"`
	Body    body
}

type body struct {
	Lines  []view.LineToCancel `json:"lines,omitempty" nullable:"false" maxItems:"1000" doc:"Units of lines; without it, everything that is left of the order."`
	Reason string              `json:"reason" enum:"customer,fraud,unavailable,other" doc:"Why."`
	Note   string              `json:"note,omitempty" maxLength:"500" doc:"A text for people. Not for personal data: it is kept in clear."`
}

type output struct {
	Status   int
	Location string `header:"Location" doc:"Where the cancellation is."`
	Replayed string `header:"Idempotent-Replayed" doc:"true when an earlier request with this key began it."`
	Applied  string `header:"Preference-Applied" doc:"The wait that was asked for, as it was granted."`
	Body     view.Cancellation
}

// Route serves POST /v1/orders/{id}/cancellations.
func Route(api *rest.API, orders *store.Orders, runs *runs.Runs) {
	handler := New(orders, runs)
	rest.Handle(api, rest.Op{
		Method: http.MethodPost, Path: "/v1/orders/{id}/cancellations", ID: "cancel-order", Tags: []string{"orders"},
		Summary: "Cancel an order, or units of it",
		Description: `Before it is shipped. The units' stock is free again, and they are not charged; when nothing is left of the order its payment is voided.
An order that is still being placed can be cancelled as a whole.

* 201: done.
* 202: on its way; ask for it at Location.
* 409: another saga is working on the order, try again after Retry-After; or the order was rejected or cancelled, or has fewer such units left.`,
		Status: http.StatusCreated, OtherStatuses: []int{http.StatusAccepted}, Timeout: waiting.Timeout,
		Errors: []int{http.StatusNotFound, http.StatusPreconditionRequired},
		Refusals: map[string]int{
			refusals.SagaInProgress: http.StatusConflict, refusals.OrderSettled: http.StatusConflict, refusals.UnitsNotCancellable: http.StatusConflict,
			refusals.RequestMismatch: http.StatusUnprocessableEntity, ReasonStale: http.StatusPreconditionFailed,
		},
	}, func(ctx context.Context, in *input) (*output, error) {
		command, applied, err := in.command(ctx)
		if err != nil {
			return nil, err
		}
		result, err := handler.Handle(ctx, command)
		switch {
		case err != nil:
			return nil, err
		case result.Order == nil:
			return nil, view.NotFound()
		}
		return respond(result, applied), nil
	})
}

func (in *input) command(ctx context.Context) (command Command, applied string, err error) {
	caller, ok := auth.FromContext(ctx)
	if !ok {
		return Command{}, "", errors.New("cancel an order: the request has no caller")
	}
	if err := rest.CheckIdempotencyKey(in.Key); err != nil {
		return Command{}, "", err
	}
	id, ok := rest.ParseUUID(in.ID)
	if !ok {
		return Command{}, "", view.NotFound()
	}
	command = Command{OrderID: id, Caller: caller, IdempotencyKey: in.Key, Reason: in.Body.Reason, Note: in.Body.Note}
	if command.Seen, err = rest.IfMatch(in.IfMatch); err != nil {
		return Command{}, "", err
	}
	if in.Body.Note != "" {
		if err := text.Check(in.Body.Note, '\n'); err != nil {
			problem := rest.NewProblem(http.StatusUnprocessableEntity, "validation-failed", "The note cannot be accepted.")
			problem.Errors = []rest.FieldError{{Field: "body.note", Message: err.Error()}}
			return Command{}, "", problem
		}
	}
	if command.Lines, err = view.ReadLinesToCancel(in.Body.Lines); err != nil {
		return Command{}, "", err
	}
	command.Wait, applied = waiting.Preferred(in.Prefer)
	return command, applied, nil
}

func respond(result Result, applied string) *output {
	out := &output{
		Status: http.StatusAccepted, Location: view.CancellationPath(result.Order.ID(), result.ID), Applied: applied,
		Body: *view.CancellationOf(result.Order, result.ID, false),
	}
	if out.Body.DoneAt != nil {
		out.Status = http.StatusCreated
	}
	if result.Replayed {
		out.Replayed = "true"
	}
	return out
}
