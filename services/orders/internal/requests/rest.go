package requests

import (
	"context"
	"errors"
	"maps"
	"net/http"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/text"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
	"github.com/ordersaga/ordersaga/services/orders/internal/waiting"
)

// Input is what every request has besides its body.
type Input struct {
	ID      string `path:"id" doc:"The order's id." example:"7b0f3f5e-2f0b-5d6a-9d5b-1f4f0c3a8e21"`
	Key     string `header:"Idempotency-Key" required:"true" doc:"1 to 255 printable ASCII characters of your choice, one for each request: a repeated one has the same result. The same key with another body is refused." example:"cancel-7f3c"`
	IfMatch string `header:"If-Match" doc:"The version of the order that you have seen, its ETag; or several, or * for whichever is current. Required (428)." example:"\"6\""`
	Prefer  string `header:"Prefer" doc:"wait=N: wait up to N seconds (0 to 50, default 10) for the outcome. respond-async: do not wait. RFC 7240." example:"wait=10"`
}

// Output is the answer to a request: 201 when it is done, 202 while it is on its way.
type Output[Body any] struct {
	Status   int
	Location string `header:"Location" doc:"Where the result is."`
	Replayed string `header:"Idempotent-Replayed" doc:"true when an earlier request with this key began it."`
	Applied  string `header:"Preference-Applied" doc:"The wait that was asked for, as it was granted."`
	Body     Body
}

// Answers completes the description of an operation of a request: its answers besides 201 and
// those of the given refusals.
func Answers(op rest.Op, refused map[string]int) rest.Op {
	op.Method, op.Tags = http.MethodPost, []string{"orders"}
	op.Status, op.OtherStatuses, op.Timeout = http.StatusCreated, []int{http.StatusAccepted}, waiting.Timeout
	op.Errors = []int{http.StatusNotFound, http.StatusPreconditionRequired}
	op.Refusals = map[string]int{
		refusals.SagaInProgress: http.StatusConflict, refusals.OrderSettled: http.StatusConflict,
		refusals.RequestMismatch: http.StatusUnprocessableEntity, ReasonStale: http.StatusPreconditionFailed,
	}
	maps.Copy(op.Refusals, refused)
	return op
}

// Read reads what every request has, and the Preference-Applied.
func (in Input) Read(ctx context.Context, reason, note string) (given Given, applied string, err error) {
	caller, ok := auth.FromContext(ctx)
	if !ok {
		return Given{}, "", errors.New("a request on an order has no caller")
	}
	if err := rest.CheckIdempotencyKey(in.Key); err != nil {
		return Given{}, "", err
	}
	id, ok := rest.ParseUUID(in.ID)
	if !ok {
		return Given{}, "", view.NotFound()
	}
	given = Given{OrderID: id, Caller: caller, IdempotencyKey: in.Key, Reason: reason, Note: note}
	if given.Seen, err = rest.IfMatch(in.IfMatch); err != nil {
		return Given{}, "", err
	}
	if err := checkNote(note); err != nil {
		return Given{}, "", err
	}
	given.Wait, applied = waiting.Preferred(in.Prefer)
	return given, applied, nil
}

func checkNote(note string) error {
	if note == "" {
		return nil
	}
	if err := text.Check(note, '\n'); err != nil {
		return view.Invalid("body.note", err.Error())
	}
	return nil
}

// Respond makes the answer to a request; collection is the part of its path after the order's.
func Respond[Body any](result Result, applied, collection string, body func(*domain.Order, *domain.Request) Body) (*Output[Body], error) {
	if result.Order == nil {
		return nil, view.NotFound()
	}
	out := &Output[Body]{
		Status: http.StatusAccepted, Location: view.Path(result.Order.ID()) + "/" + collection + "/" + result.Request.Instance,
		Applied: applied, Body: body(result.Order, result.Request),
	}
	if !result.Request.Ended.IsZero() {
		out.Status = http.StatusCreated
	}
	if result.Replayed {
		out.Replayed = "true"
	}
	return out, nil
}
