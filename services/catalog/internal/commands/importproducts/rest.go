package importproducts

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"time"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
	"github.com/ordersaga/ordersaga/services/catalog/internal/productfile"
)

const timeout = 55 * time.Second

type input struct {
	Type    string `header:"Content-Type" required:"true" doc:"text/csv, or application/x-ndjson: one JSON object a line."`
	RawBody []byte `contentType:"text/csv" doc:"The file, in UTF-8."`
}

// ImportReport counts what became of the rows of a file.
type ImportReport struct {
	Created   int `json:"created"`
	Changed   int `json:"changed"`
	Unchanged int `json:"unchanged" doc:"Products that were as the file says already."`
}

// Route serves POST /v1/products/import, of files of at most maxBody bytes.
func Route(api *rest.API, db *postgres.DB, maxBody int64) {
	handler := New(db)
	rest.Serve(api, rest.Op{
		Method: http.MethodPost, Path: "/v1/products/import", ID: "import-products",
		Summary: "Import a file of products",
		Description: "A CSV file, whose first line names its columns (sku, name, price, currency; description, categories, images and active may be left out), with prices as people write them: 12.50. " +
			"Categories are ids with | between them; images are URLs, each with a space and its text behind it, with | between them. What is left out of these two stays as it is. " +
			"Or JSON lines in the shape of a new product, and active. " +
			"New products are created, others changed to what the file says. All of it or nothing: a file with a fault changes nothing, and is answered with its faults by row. " +
			"It is safe to repeat.",
		Tags: []string{"products"}, Scope: auth.ScopeOperator,
		MaxBody: maxBody, MediaTypes: []string{productfile.CSV, productfile.JSONLines}, Timeout: timeout,
		Refusals: map[string]int{domain.ReasonNoCategory: http.StatusUnprocessableEntity},
	}, func(ctx context.Context, in input) (ImportReport, error) {
		media, _, err := mime.ParseMediaType(in.Type)
		if err != nil {
			return ImportReport{}, fmt.Errorf("import products: %w", err) // was looked at before
		}
		report, err := handler.Handle(ctx, Command{
			Format: media, Content: in.RawBody, At: time.Now().UTC().Truncate(time.Millisecond),
		})
		var faults *productfile.Faults
		if errors.As(err, &faults) {
			return ImportReport{}, problem(faults)
		}
		return report, err
	})
}

func problem(faults *productfile.Faults) *rest.Problem {
	p := rest.NewProblem(http.StatusUnprocessableEntity, "validation-failed", "Nothing was imported: the file has "+count(faults)+".")
	for _, fault := range faults.First {
		field := "file"
		if fault.Row > 0 {
			field = fmt.Sprintf("row %d", fault.Row)
		}
		if fault.Column != "" {
			field += ": " + fault.Column
		}
		p.Errors = append(p.Errors, rest.FieldError{Field: field, Message: fault.Text})
	}
	return p.With("more", faults.More)
}

func count(faults *productfile.Faults) string {
	if faults.More > 0 {
		return fmt.Sprintf("%d faults, of which these are the first %d", len(faults.First)+faults.More, len(faults.First))
	}
	if total := len(faults.First) + faults.More; total > 1 {
		return fmt.Sprintf("%d faults", total)
	}
	return "a fault"
}
