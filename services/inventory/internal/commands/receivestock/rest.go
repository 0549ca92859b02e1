package receivestock

import (
	"context"
	"errors"
	"net/http"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/inventory/internal/domain"
)

type input struct {
	IdempotencyKey string `header:"Idempotency-Key" required:"true" doc:"1 to 255 printable ASCII characters of your choice, one for each delivery. The same key again adds nothing and gets the same answer."`
	Body           struct {
		Lines []receivedLine `json:"lines" minItems:"1" maxItems:"1000" nullable:"false" doc:"What arrived. The same SKU on two lines counts with the sum."`
	}
}

// receivedLine's pattern is domain.SKUPattern; a test keeps them the same.
type receivedLine struct {
	SKU      string `json:"sku" pattern:"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$" doc:"The SKU; one that the catalog does not know yet is taken as well." example:"mug-blue"`
	Quantity int64  `json:"quantity" minimum:"1" maximum:"100000" doc:"Units." example:"100"`
}

type output struct {
	Replayed string `header:"Idempotent-Replayed" doc:"true when the key came before and nothing was added now"`
	Body     Receipt
}

// Route serves POST /v1/stock/receipts.
func Route(api *rest.API, db *postgres.DB) {
	handler := New(db)
	rest.Handle(api, rest.Op{
		Method: http.MethodPost, Path: "/v1/stock/receipts", ID: "receive-stock",
		Summary:     "Receive goods",
		Description: "Adds received goods to the stock, all lines or none. Repeating a request with its key is safe; the same key with other lines is refused as request-mismatch.",
		Tags:        []string{"stock"}, Scope: auth.ScopeOperator, Status: http.StatusCreated,
	}, func(ctx context.Context, in *input) (*output, error) {
		if err := rest.CheckIdempotencyKey(in.IdempotencyKey); err != nil {
			return nil, err
		}
		caller, known := auth.FromContext(ctx)
		if !known {
			return nil, errors.New("receive stock: the request has no caller")
		}
		lines := make([]domain.Line, len(in.Body.Lines))
		for i, line := range in.Body.Lines {
			lines[i] = domain.Line{SKU: line.SKU, Quantity: line.Quantity}
		}
		result, err := handler.Handle(ctx, Command{Caller: caller.Subject, Key: in.IdempotencyKey, Lines: lines})
		if err != nil {
			return nil, err
		}
		out := &output{Body: result.Receipt}
		if result.Replayed {
			out.Replayed = "true"
		}
		return out, nil
	})
}
