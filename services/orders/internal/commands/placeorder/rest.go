package placeorder

import (
	"context"
	"errors"
	"net/http"

	"github.com/ordersaga/ordersaga/contracts/paymentmethod"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/personal"
	"github.com/ordersaga/ordersaga/services/orders/internal/quotes"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
	"github.com/ordersaga/ordersaga/services/orders/internal/waiting"
)

type input struct {
	Key    string `header:"Idempotency-Key" required:"true" doc:"1 to 255 printable ASCII characters of your choice, one for each order: a repeated request gets the same order. The same key with another body is refused." example:"basket-7f3c"`
	Prefer string `header:"Prefer" doc:"wait=N: wait up to N seconds (0 to 50, default 10) for the outcome. respond-async: do not wait. RFC 7240." example:"wait=10"`
	Body   body
}

type body struct {
	Currency      string         `json:"currency" pattern:"^[A-Z]{3}$" doc:"ISO 4217 code of the currency to pay in." example:"GBP"`
	Lines         []newOrderLine `json:"lines" nullable:"false" minItems:"1" maxItems:"1000"`
	PaymentMethod string         `json:"payment_method" minLength:"1" maxLength:"200" doc:"The payment provider's token of a payment method: printable ASCII characters without spaces; never a card number." example:"card_approve"`
	ExpectedTotal *expectedTotal `json:"expected_total,omitempty" doc:"What the customer was shown. When prices have moved the order is not placed (409)."`

	Email           string            `json:"email,omitempty" maxLength:"254" doc:"Where the customer is written to. Kept encrypted." example:"ann@example.com"`
	DeliveryAddress *personal.Address `json:"delivery_address,omitempty" doc:"Where the goods go. Kept encrypted."`
	BillingAddress  *personal.Address `json:"billing_address,omitempty" doc:"Whom the invoice names. Kept encrypted."`
	Reference       string            `json:"reference,omitempty" maxLength:"100" doc:"The shop's own name of the order, such as the number of a basket. Not for personal data: it is kept in clear." example:"basket-7f3c"`
	Metadata        map[string]string `json:"metadata,omitempty" maxProperties:"20" doc:"The shop's own data about the order: at most 20 names of 1 to 40 characters (a-z, A-Z, 0-9, _, -, .), with texts of at most 500. Not for personal data: it is kept in clear."`
}

type newOrderLine struct {
	SKU      string `json:"sku" minLength:"1" maxLength:"64" example:"TEA-EARL-GREY"`
	Quantity int64  `json:"quantity" minimum:"1" maximum:"100000" example:"2"`
}

type expectedTotal struct {
	Amount   int64  `json:"amount" minimum:"0" doc:"In the currency's minor unit." example:"1250"`
	Currency string `json:"currency" pattern:"^[A-Z]{3}$" example:"GBP"`
}

type output struct {
	Status   int
	Location string `header:"Location" doc:"Where the order is."`
	ETag     string `header:"ETag" doc:"The order's version."`
	Replayed string `header:"Idempotent-Replayed" doc:"true when an earlier request with this key placed the order."`
	Applied  string `header:"Preference-Applied" doc:"The wait that was asked for, as it was granted."`
	Body     view.Order
}

// Route serves POST /v1/orders.
func Route(api *rest.API, n Needs) { route(api, New(n)) }

func route(api *rest.API, handler cqrs.Handler[Command, Result]) {
	rest.Handle(api, rest.Op{
		Method: http.MethodPost, Path: "/v1/orders", ID: "place-order", Tags: []string{"orders"},
		Summary: "Place an order",
		Description: `Prices the order, reserves stock, authorizes the payment and confirms.

* 201: confirmed.
* 202: on its way; ask for it at Location.
* 422: refused, or rejected after everything was undone; the problem's type says why: out-of-stock with shortages, payment-declined with decline_code, …
* 409: cancelled, or not placed because its price has changed.
* 429: too many orders under way, or payments declined, for one customer.
* 503: not known to be on its way. Send the same request with the same key again; it cannot place two orders.`,
		Status: http.StatusCreated, OtherStatuses: []int{http.StatusAccepted}, Timeout: waiting.Timeout,
		Refusals: map[string]int{
			refusals.OutOfStock: http.StatusUnprocessableEntity, refusals.PaymentDeclined: http.StatusUnprocessableEntity,
			refusals.UnknownProduct: http.StatusUnprocessableEntity, refusals.CurrencyMismatch: http.StatusUnprocessableEntity,
			refusals.TotalTooLarge: http.StatusUnprocessableEntity, refusals.RequestMismatch: http.StatusUnprocessableEntity,
			refusals.StepTimedOut: http.StatusUnprocessableEntity, refusals.Interrupted: http.StatusUnprocessableEntity,
			PriceChanged: http.StatusConflict, refusals.Cancelled: http.StatusConflict,
			refusals.TooManyOpenOrders: http.StatusTooManyRequests, refusals.TooManyDeclines: http.StatusTooManyRequests,
		},
	}, func(ctx context.Context, in *input) (*output, error) {
		command, applied, err := in.command(ctx)
		if err != nil {
			return nil, err
		}
		result, err := handler.Handle(ctx, command)
		if err != nil {
			return nil, err
		}
		return respond(result, applied)
	})
}

func (in *input) command(ctx context.Context) (command Command, applied string, err error) {
	caller, ok := auth.FromContext(ctx)
	if !ok {
		return Command{}, "", errors.New("place order: the request has no caller")
	}
	if err := rest.CheckIdempotencyKey(in.Key); err != nil {
		return Command{}, "", err
	}
	if err := paymentmethod.Check(in.Body.PaymentMethod); err != nil {
		problem := rest.NewProblem(http.StatusUnprocessableEntity, "validation-failed", "The payment method "+err.Error()+".")
		problem.Errors = []rest.FieldError{{Field: "body.payment_method", Message: err.Error()}}
		return Command{}, "", problem
	}
	command = Command{
		CustomerID: caller.Subject, IdempotencyKey: in.Key,
		Currency: in.Body.Currency, PaymentMethod: in.Body.PaymentMethod,
		Lines: make([]quotes.Wanted, len(in.Body.Lines)),
	}
	for i, line := range in.Body.Lines {
		command.Lines[i] = quotes.Wanted(line)
	}
	if expected := in.Body.ExpectedTotal; expected != nil {
		if expected.Currency != in.Body.Currency {
			problem := rest.NewProblem(http.StatusUnprocessableEntity, "validation-failed", "The expected total is in another currency than the order.")
			problem.Errors = []rest.FieldError{{Field: "body.expected_total.currency", Message: "expected " + in.Body.Currency}}
			return Command{}, "", problem
		}
		command.ExpectedTotal = (*domain.Money)(expected)
	}
	command.Reference, command.Metadata = in.Body.Reference, in.Body.Metadata
	command.Personal = personal.Data{Email: in.Body.Email, DeliveryAddress: in.Body.DeliveryAddress, BillingAddress: in.Body.BillingAddress}
	if field, err := command.checkIdentity(); err != nil {
		problem := rest.NewProblem(http.StatusUnprocessableEntity, "validation-failed", "The request has a text that cannot be accepted.")
		problem.Errors = []rest.FieldError{{Field: "body." + field, Message: err.Error()}}
		return Command{}, "", problem
	}
	command.Wait, applied = waiting.Preferred(in.Prefer)
	return command, applied, nil
}

// respond answers by how far the order has come.
func respond(result Result, applied string) (*output, error) {
	order := result.Order
	out := &output{
		Status: http.StatusAccepted, Location: view.Path(order.ID()), ETag: rest.ETag(order.Version()), Applied: applied,
		// A shopper is never shown what is for operators, also not an operator who shops: the same
		// request gets the same answer.
		Body: view.Of(order, result.Personal, false),
	}
	if result.Replayed {
		out.Replayed = "true"
	}
	switch order.Status() {
	case domain.StatusConfirmed:
		out.Status = http.StatusCreated
	case domain.StatusRejected, domain.StatusCancelled:
		return nil, unsuccessful(result)
	}
	return out, nil
}

// unsuccessful is the problem of an order that was rejected or cancelled.
func unsuccessful(result Result) error {
	why := result.Order.Refused()
	status := http.StatusUnprocessableEntity
	if result.Order.Status() == domain.StatusCancelled {
		status = http.StatusConflict
	}
	problem := rest.Refused(status, &refusal.Refusal{Reason: why.Reason, Message: why.Message, Details: why.Details}).
		With("order_id", result.Order.ID()).
		With("order", view.Path(result.Order.ID())).
		With("order_status", string(result.Order.Status())).
		WithHeader("Location", view.Path(result.Order.ID()))
	if result.Replayed {
		problem.WithHeader("Idempotent-Replayed", "true")
	}
	return problem
}
