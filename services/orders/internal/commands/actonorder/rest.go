package actonorder

import (
	"context"
	"errors"
	"net/http"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/text"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/runs"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
)

type input struct {
	ID      string `path:"id" doc:"The order's id." example:"7b0f3f5e-2f0b-5d6a-9d5b-1f4f0c3a8e21"`
	Key     string `header:"Idempotency-Key" required:"true" doc:"1 to 255 printable ASCII characters of your choice, one for each act: a repeated request is the same act. The same key with another body is refused." example:"retry-7f3c"`
	IfMatch string `header:"If-Match" doc:"The version of the order that you have seen, its ETag; or several, or * for whichever is current. Required (428). Of two operators who saw the same version one gets 412." example:"\"6\""`
	Body    body
}

type body struct {
	Act       string `json:"act" enum:"retry,skip,settle" doc:"retry: the next try comes now. skip: the saga goes on without the step. settle: payments looks up what the provider has under the reference, and takes it over if it agrees."`
	Step      string `json:"step,omitempty" maxLength:"100" doc:"The step to skip or to settle, in which the saga is stuck." example:"VoidPayment"`
	Reference string `json:"reference,omitempty" maxLength:"400" doc:"Of settle: the payment provider's name of what the step did."`
	Note      string `json:"note" minLength:"1" maxLength:"500" doc:"Why. Kept for ever, and not for personal data."`
	Cause     string `json:"cause,omitempty" maxLength:"200" doc:"The cause whose orders are acted on together." example:"place-order/VoidPayment/unavailable"`
}

type output struct {
	Location string `header:"Location" doc:"Where to see what became of it."`
	Replayed string `header:"Idempotent-Replayed" doc:"true when an earlier request with this key did it."`
	ETag     string `header:"ETag" doc:"The order's version after it."`
	Body     view.DoneAct
}

// Route serves POST /v1/orders/{id}/acts.
func Route(api *rest.API, orders *store.Orders, all *runs.Runs) {
	handler := New(orders, all)
	rest.Handle(api, rest.Op{
		Method: http.MethodPost, Path: "/v1/orders/{id}/acts", ID: "act-on-order", Tags: []string{"sagas"}, Scope: auth.ScopeOperator,
		Summary: "Act on a stuck saga",
		Description: `Records what an operator decided, and wakes the saga, which takes it before its next try. GET /v1/orders/{id}/why says which acts are possible
with which effect, and what became of them.`,
		Status: http.StatusAccepted,
		Errors: []int{http.StatusNotFound, http.StatusPreconditionRequired},
		Refusals: map[string]int{
			refusals.ActNotAllowed: http.StatusConflict, refusals.RequestMismatch: http.StatusUnprocessableEntity,
			ReasonStale: http.StatusPreconditionFailed,
		},
	}, func(ctx context.Context, in *input) (*output, error) {
		command, err := in.command(ctx)
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
		out := &output{Location: view.Path(command.OrderID) + "/why", ETag: rest.ETag(result.Order.Version() + int64(len(result.Order.Changes()))), Body: view.ShowAct(result.Act)}
		if result.Replayed {
			out.Replayed = "true"
		}
		return out, nil
	})
}

func (in *input) command(ctx context.Context) (Command, error) {
	caller, ok := auth.FromContext(ctx)
	if !ok {
		return Command{}, errors.New("act on an order: the request has no caller")
	}
	if err := rest.CheckIdempotencyKey(in.Key); err != nil {
		return Command{}, err
	}
	id, ok := rest.ParseUUID(in.ID)
	if !ok {
		return Command{}, view.NotFound()
	}
	seen, err := rest.IfMatch(in.IfMatch)
	if err != nil {
		return Command{}, err
	}
	if err := in.Body.check(); err != nil {
		return Command{}, err
	}
	return Command{OrderID: id, Caller: caller, IdempotencyKey: in.Key, Seen: seen, Act: domain.ActRequest{
		Name: in.Body.Act, Step: in.Body.Step, Reference: in.Body.Reference, Note: in.Body.Note, Cause: in.Body.Cause,
	}}, nil
}

// check refuses a body whose fields do not fit its act, and texts that cannot be shown.
func (b body) check() error {
	var faults []rest.FieldError
	fault := func(field, message string) {
		faults = append(faults, rest.FieldError{Field: "body." + field, Message: message})
	}
	for field, value := range map[string]string{"step": b.Step, "reference": b.Reference, "note": b.Note, "cause": b.Cause} {
		if err := text.Check(value); value != "" && err != nil {
			fault(field, err.Error())
		}
	}
	if (b.Act == sagas.ActRetry) != (b.Step == "") {
		fault("step", "the step to skip or to settle; none to retry")
	}
	if (b.Act == sagas.ActSettle) != (b.Reference != "") {
		fault("reference", "the provider's reference, to settle only")
	}
	if len(faults) == 0 {
		return nil
	}
	problem := rest.NewProblem(http.StatusUnprocessableEntity, "validation-failed", "The act cannot be accepted.")
	problem.Errors = faults
	return problem
}
