package view

import (
	"net/http"
	"regexp"
	"time"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/text"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain/slots"
)

// Requested is what every request on an order shows.
type Requested struct {
	ID          string     `json:"id" format:"uuid"`
	OrderID     string     `json:"order_id" format:"uuid"`
	OrderStatus string     `json:"order_status" enum:"placed,confirmed,rejected,cancelled"`
	Note        string     `json:"note,omitempty"`
	RequestedAt time.Time  `json:"requested_at"`
	DoneAt      *time.Time `json:"done_at,omitempty" doc:"When it was done, or refused."`
	By          string     `json:"by,omitempty" doc:"Who asked; for operators."`
}

func requested(o *domain.Order, request *domain.Request, operator bool) Requested {
	shown := Requested{
		ID: request.Instance, OrderID: o.ID(), OrderStatus: string(o.Status()), Note: request.Note,
		RequestedAt: request.At, DoneAt: When(request.Ended),
	}
	if operator {
		shown.By = request.By
	}
	return shown
}

// Cancellation is what was, or is being, taken out of an order.
type Cancellation struct {
	Requested
	Reason   string        `json:"reason,omitempty" doc:"Why it was asked for."`
	Status   string        `json:"status" enum:"under_way,done,refused,order_rejected" doc:"refused: its fee could not be captured, and nothing was cancelled. order_rejected: the order was refused for a reason of its own before it could be cancelled."`
	Stock    string        `json:"stock" enum:"restock,write_off" doc:"What becomes of the units."`
	Lines    []UnitsOfLine `json:"lines" nullable:"false" doc:"What is cancelled; of an order that was still being placed, all of it and no line here."`
	Amount   *Money        `json:"amount,omitempty" doc:"What is not due any more."`
	Fee      *Money        `json:"fee,omitempty" doc:"What the shop keeps of it."`
	Refunded *Money        `json:"refunded,omitempty" doc:"What of it was captured before, and is refunded."`
	Owed     *Money        `json:"owed,omitempty" doc:"What of the refund failed, and is still owed."`
	Why      *Reason       `json:"why,omitempty" doc:"Why it was refused."`
}

// CancellationOf shows a cancel request of an order.
func CancellationOf(o *domain.Order, request *domain.Request, operator bool) Cancellation {
	shown := Cancellation{
		Requested: requested(o, request, operator), Reason: request.Reason, Status: "under_way", Stock: Restock, Lines: []UnitsOfLine{}, Owed: owed(o, request),
	}
	switch {
	case request.Ended.IsZero():
	case request.Refused != nil:
		shown.Status, shown.Why = "refused", reasonOf(request.Refused)
	case o.Status() == domain.StatusRejected:
		shown.Status = "order_rejected"
	default:
		shown.Status = "done"
	}
	if cancelled := request.Cancellation; cancelled != nil {
		shown.Amount, shown.Lines, shown.Stock = amount(cancelled.Amount), Lines(o, cancelled.Units), StockOf(cancelled.CancelPolicy)
		if cancelled.Fee.Amount > 0 {
			shown.Fee = amount(cancelled.Fee)
		}
		if cancelled.Refund.Amount > 0 {
			shown.Refunded = amount(cancelled.Refund)
		}
	}
	return shown
}

// Shipment is units of an order that leave, or have left.
type Shipment struct {
	Requested
	Status   string        `json:"status" enum:"under_way,refused,shipped,delivered" doc:"under_way: its amount is being captured. refused: it was not captured, and nothing was shipped."`
	Lines    []UnitsOfLine `json:"lines" nullable:"false"`
	Amount   Money         `json:"amount" doc:"Of the units; the order's shipping costs belong to its first shipment."`
	Captured Money         `json:"captured" doc:"What is captured with it: less when some was prepaid, more when the first shipment captures everything, 0 when it is refused."`
	Carrier  string        `json:"carrier,omitempty"`
	Tracking string        `json:"tracking,omitempty"`
	Why      *Reason       `json:"why,omitempty" doc:"Why it was refused."`
	// DeliveredAt is when it arrived.
	DeliveredAt *time.Time `json:"delivered_at,omitempty"`
}

// ShipmentOf shows a shipment of an order.
func ShipmentOf(o *domain.Order, request *domain.Request, operator bool) Shipment {
	shipped := request.Shipment
	shown := Shipment{
		Requested: requested(o, request, operator), Status: "under_way", Lines: Lines(o, shipped.Units),
		Amount: Money(shipped.Amount), Captured: Money(shipped.Capture), Carrier: shipped.Carrier, Tracking: shipped.Tracking,
		DeliveredAt: When(request.Delivered),
	}
	switch {
	case request.Refused != nil:
		shown.Status, shown.Why, shown.Captured.Amount = "refused", reasonOf(request.Refused), 0
	case !request.Delivered.IsZero():
		shown.Status = "delivered"
	case request.Done():
		shown.Status = "shipped"
	}
	return shown
}

// Refund is an amount that is, or was, given back without a return.
type Refund struct {
	Requested
	Reason  string  `json:"reason" doc:"Why it was asked for."`
	Status  string  `json:"status" enum:"under_way,refused,done,failed" doc:"refused: nothing was asked of the provider. failed: the provider did not give all of it back, and the rest is owed."`
	Amount  Money   `json:"amount"`
	Owed    *Money  `json:"owed,omitempty" doc:"What of it failed, and is still owed."`
	Retries string  `json:"retries,omitempty" doc:"The request whose failed refund this one tries again."`
	Why     *Reason `json:"why,omitempty" doc:"Why it was refused."`
}

// RefundOf shows a refund of an order.
func RefundOf(o *domain.Order, request *domain.Request, operator bool) Refund {
	shown := Refund{
		Requested: requested(o, request, operator), Reason: request.Reason, Status: "under_way", Amount: Money(request.Refund.Amount),
		Retries: request.Refund.Retries, Owed: owed(o, request),
	}
	switch {
	case request.Refused != nil:
		shown.Status, shown.Why = "refused", reasonOf(request.Refused)
	case request.Done() && shown.Owed != nil:
		shown.Status = "failed"
	case request.Done():
		shown.Status = "done"
	}
	return shown
}

// owed is what a request had to refund, and the provider did not.
func owed(o *domain.Order, request *domain.Request) *Money {
	if debt := o.Debt(request.Instance); debt.Amount > 0 {
		return amount(debt)
	}
	return nil
}

func amount(m domain.Money) *Money {
	shown := Money(m)
	return &shown
}

func reasonOf(why *domain.Refused) *Reason {
	if why == nil {
		return nil
	}
	return &Reason{Code: why.Reason, Message: why.Message, Details: why.Details}
}

// UnitsOfLine is units of a line.
type UnitsOfLine struct {
	Line     int32  `json:"line" doc:"The line's number."`
	SKU      string `json:"sku"`
	Quantity int64  `json:"quantity" doc:"Units."`
}

// Lines shows units, in the order of the lines' numbers.
func Lines(o *domain.Order, units []slots.Range) []UnitsOfLine {
	quantities := map[int32]int64{}
	for _, r := range units {
		quantities[r.Line] += r.Units()
	}
	lines := []UnitsOfLine{}
	for _, line := range o.Lines() {
		if quantity := quantities[line.Number]; quantity > 0 {
			lines = append(lines, UnitsOfLine{Line: line.Number, SKU: line.SKU, Quantity: quantity})
		}
	}
	return lines
}

// LineUnits asks for units of a line.
type LineUnits struct {
	Line     int32 `json:"line" minimum:"1" maximum:"100000" doc:"The line's number." example:"1"`
	Quantity int64 `json:"quantity" minimum:"1" maximum:"100000" doc:"Units." example:"2"`
}

// ReadLines reads the lines of a request. A line that is named twice is a problem.
func ReadLines(given []LineUnits) ([]domain.LineUnits, error) {
	lines, known := make([]domain.LineUnits, len(given)), map[int32]bool{}
	for i, line := range given {
		if known[line.Line] {
			return nil, Invalid("body.lines", "each line once")
		}
		known[line.Line] = true
		lines[i] = domain.LineUnits{Number: line.Line, Quantity: line.Quantity}
	}
	return lines, nil
}

// What becomes of cancelled units.
const (
	Restock  = "restock"
	WriteOff = "write_off"
)

// StockOf says what becomes of cancelled units.
func StockOf(policy domain.CancelPolicy) string {
	if policy.WriteOff {
		return WriteOff
	}
	return Restock
}

// CancelWish is the units to cancel, and what becomes of them and of their money.
type CancelWish struct {
	Lines []LineUnits `json:"lines,omitempty" nullable:"false" minItems:"1" maxItems:"1000" doc:"Units of lines; without it, everything that is left of the order."`
	Stock string      `json:"stock,omitempty" enum:"restock,write_off" default:"restock" doc:"What becomes of the units. restock: they can be sold again. write_off: they leave the stock; for operators."`
	Fee   *Money      `json:"fee,omitempty" doc:"What the shop keeps of the units' amount, at most all of it: kept back of what is refunded, and else captured. For operators."`
}

// ReadCancel reads what is to be cancelled. Only operators write units off and keep a fee.
func ReadCancel(given CancelWish, caller auth.Identity) (lines []domain.LineUnits, policy domain.CancelPolicy, err error) {
	policy.WriteOff = given.Stock == WriteOff
	if given.Fee != nil {
		if policy.Fee, err = readAmount("body.fee", *given.Fee); err != nil {
			return nil, policy, err
		}
	}
	if policy != (domain.CancelPolicy{}) && !caller.Has(auth.ScopeOperator) {
		return nil, policy, rest.NewProblem(http.StatusForbidden, "forbidden", "Only operators write units off or keep a fee.")
	}
	lines, err = ReadLines(given.Lines)
	return lines, policy, err
}

// readAmount reads an amount above 0 in some currency.
func readAmount(field string, given Money) (domain.Money, error) {
	switch {
	case given.Amount < 1:
		return domain.Money{}, Invalid(field+".amount", "1 or more, in minor units")
	case !currency.MatchString(given.Currency):
		return domain.Money{}, Invalid(field+".currency", "three capital letters")
	}
	return domain.Money(given), nil
}

// Parcel is what the carrier calls a shipment.
type Parcel struct {
	Carrier  string `json:"carrier,omitempty" maxLength:"100" doc:"Who carries it." example:"Royal Mail"`
	Tracking string `json:"tracking,omitempty" maxLength:"200" doc:"A code or an https address by which it is followed." example:"RM123456785GB"`
}

// ReadParcel reads what the carrier calls a shipment.
func ReadParcel(given Parcel) (domain.Parcel, error) {
	for field, value := range map[string]string{"carrier": given.Carrier, "tracking": given.Tracking} {
		if err := text.Check(value); value != "" && err != nil {
			return domain.Parcel{}, Invalid("body."+field, err.Error())
		}
	}
	return domain.Parcel(given), nil
}

var currency = regexp.MustCompile(`^[A-Z]{3}$`)

// RefundWish is an amount, or a failed refund.
type RefundWish struct {
	Amount  *Money `json:"amount,omitempty" doc:"What is given back."`
	Retries string `json:"retries,omitempty" format:"uuid" doc:"In place of an amount: the cancellation or refund whose refund failed; what is still owed of it is refunded. A refund that tried again and failed may be named too."`
}

// ReadRefund reads an amount above 0 in some currency, or the id of a failed refund.
func ReadRefund(given RefundWish) (amount domain.Money, retries string, err error) {
	switch {
	case (given.Amount == nil) == (given.Retries == ""):
		return amount, "", Invalid("body", "give either an amount or retries")
	case given.Retries != "":
		id, ok := rest.ParseUUID(given.Retries)
		if !ok {
			return amount, "", Invalid("body.retries", "not a UUID")
		}
		return amount, id, nil
	}
	amount, err = readAmount("body.amount", *given.Amount)
	return amount, "", err
}

// Invalid makes the problem of a field that cannot be accepted.
func Invalid(field, message string) *rest.Problem {
	problem := rest.NewProblem(http.StatusUnprocessableEntity, "validation-failed", "The request cannot be accepted.")
	problem.Errors = []rest.FieldError{{Field: field, Message: message}}
	return problem
}
