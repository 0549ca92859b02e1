package changeprice

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/change"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
	"github.com/ordersaga/ordersaga/services/catalog/internal/wire"
)

// NewPrice is a price to be.
type NewPrice struct {
	wire.Price
	From *time.Time `json:"from,omitempty" doc:"When it begins to hold, at most five years ahead; absent: now." example:"2026-12-01T00:00:00Z"`
}

type input struct {
	SKU     string `path:"sku" doc:"Identifies the product; case matters." example:"MUG-1"`
	IfMatch string `header:"If-Match" doc:"The version that you have seen: the ETag of the product; or several, or * for whichever is current. Required (428)." example:"\"1\""`
	Body    NewPrice
}

type output struct {
	ETag string `header:"ETag" doc:"Of the product: a price from now on is its next version."`
	Body wire.ProductPrice
}

// Route serves POST /v1/products/{sku}/prices.
func Route(api *rest.API, db *postgres.DB) {
	handler := New(db)
	rest.Handle(api, rest.Op{
		Method: http.MethodPost, Path: "/v1/products/{sku}/prices", ID: "change-price",
		Summary: "Change the price of a product",
		Description: "From now on, or from a time in the future, at which it takes effect by itself. It holds until the next price's time. " +
			"Quotes have a price from its very time on; lists, `GET` and events follow within moments. Orders keep the price that they were placed at. " +
			"The currency stays. At most 100 prices of a product can be scheduled, each for a time of its own (409). It is safe to repeat.",
		Tags: []string{"products"}, Scope: auth.ScopeOperator, Status: http.StatusOK,
		Errors: []int{http.StatusPreconditionRequired},
		Refusals: map[string]int{
			change.ReasonNotFound: http.StatusNotFound, change.ReasonStale: http.StatusPreconditionFailed,
			ReasonScheduled: http.StatusConflict, ReasonTooMany: http.StatusConflict,
		},
	}, func(ctx context.Context, in *input) (*output, error) {
		seen, err := rest.IfMatch(in.IfMatch)
		if err != nil {
			return nil, err
		}
		command, err := command(in.Body, time.Now().UTC().Truncate(time.Millisecond))
		if err != nil {
			return nil, wire.Invalid(wire.Faults("body", err))
		}
		command.SKU, command.Seen = in.SKU, seen
		result, err := handler.Handle(ctx, command)
		switch {
		case errors.Is(err, domain.ErrOtherCurrency):
			return nil, wire.Invalid([]rest.FieldError{{Field: "body.currency", Message: "The currency of a price cannot change"}})
		case err != nil:
			return nil, err
		}
		return &output{
			ETag: rest.ETag(result.Product.Version()),
			Body: wire.PriceOf(result.Price, result.Product.Price().Currency(), result.Scheduled),
		}, nil
	})
}

func command(body NewPrice, now time.Time) (Command, error) {
	price, err := domain.NewMoney(body.Amount, body.Currency)
	if err != nil {
		return Command{}, err
	}
	made := Command{Price: price, At: now}
	if body.From != nil {
		// What the database keeps of a time, so that the same time is found again.
		made.From = body.From.UTC().Truncate(time.Millisecond)
		if err := domain.CheckFrom(made.From, now); err != nil {
			return Command{}, err
		}
	}
	return made, nil
}
