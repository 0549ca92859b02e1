package view

import (
	"net/http"
	"time"

	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
)

// Cancellation is what was, or is being, taken out of an order.
type Cancellation struct {
	ID          string          `json:"id" format:"uuid"`
	OrderID     string          `json:"order_id" format:"uuid"`
	Status      string          `json:"status" enum:"under_way,done,order_rejected" doc:"order_rejected: the order was refused for a reason of its own before it could be cancelled."`
	OrderStatus string          `json:"order_status" enum:"placed,confirmed,rejected,cancelled"`
	Reason      string          `json:"reason"`
	Note        string          `json:"note,omitempty"`
	Lines       []CancelledLine `json:"lines" nullable:"false" doc:"What is cancelled; of an order that was still being placed, all of it and no line here."`
	Amount      *Money          `json:"amount,omitempty" doc:"What is not due any more."`
	RequestedAt time.Time       `json:"requested_at"`
	DoneAt      *time.Time      `json:"done_at,omitempty"`
	By          string          `json:"by,omitempty" doc:"Who asked; for operators."`
}

// CancelledLine is units of a line.
type CancelledLine struct {
	Line     int32  `json:"line" doc:"The line's number."`
	SKU      string `json:"sku"`
	Quantity int64  `json:"quantity" doc:"Units."`
}

// CancellationOf shows a cancel request of an order; nil when the order has none of the id.
func CancellationOf(o *domain.Order, id string, operator bool) *Cancellation {
	request := o.CancelOf(id)
	if request == nil {
		return nil
	}
	shown := &Cancellation{
		ID: id, OrderID: o.ID(), Status: "under_way", OrderStatus: string(o.Status()), Reason: request.Reason, Note: request.Note,
		Lines: []CancelledLine{}, RequestedAt: request.At, DoneAt: When(request.Ended),
	}
	switch {
	case request.Ended.IsZero():
	case o.Status() == domain.StatusRejected:
		shown.Status = "order_rejected"
	default:
		shown.Status = "done"
	}
	if request.Cancellation != nil {
		amount := Money(request.Cancellation.Amount)
		shown.Amount, shown.Lines = &amount, CancelledLines(o, *request.Cancellation)
	}
	if operator {
		shown.By = request.By
	}
	return shown
}

// CancelledLines are the lines of a cancellation, in the order of their numbers.
func CancelledLines(o *domain.Order, c domain.Cancellation) []CancelledLine {
	units := map[int32]int64{}
	for _, r := range c.Units {
		units[r.Line] += r.Units()
	}
	lines := []CancelledLine{}
	for _, line := range o.Lines() {
		if quantity := units[line.Number]; quantity > 0 {
			lines = append(lines, CancelledLine{Line: line.Number, SKU: line.SKU, Quantity: quantity})
		}
	}
	return lines
}

// CancellationPath is where a cancellation is over REST.
func CancellationPath(orderID, id string) string { return Path(orderID) + "/cancellations/" + id }

// LineToCancel names units of a line.
type LineToCancel struct {
	Line     int32 `json:"line" minimum:"1" maximum:"100000" doc:"The line's number." example:"1"`
	Quantity int64 `json:"quantity" minimum:"1" maximum:"100000" doc:"Units to cancel." example:"2"`
}

// ReadLinesToCancel reads the lines of a request. A line that is named twice is a problem.
func ReadLinesToCancel(given []LineToCancel) ([]domain.CancelledLine, error) {
	lines, known := make([]domain.CancelledLine, len(given)), map[int32]bool{}
	for i, line := range given {
		if known[line.Line] {
			problem := rest.NewProblem(http.StatusUnprocessableEntity, "validation-failed", "A line is named twice.")
			problem.Errors = []rest.FieldError{{Field: "body.lines", Message: "each line once"}}
			return nil, problem
		}
		known[line.Line] = true
		lines[i] = domain.CancelledLine{Number: line.Line, Quantity: line.Quantity}
	}
	return lines, nil
}
