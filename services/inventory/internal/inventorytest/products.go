package inventorytest

import (
	"testing"

	"github.com/google/uuid"

	"github.com/ordersaga/ordersaga/services/inventory/internal/commands/registerproduct"
)

// Name registers a product of the catalog.
func (w *World) Name(t testing.TB, sku, name string, version int64) {
	t.Helper()
	_, err := registerproduct.New(w.DB).Handle(t.Context(), registerproduct.Command{
		Products: []registerproduct.Product{{EventID: uuid.NewString(), SKU: sku, Name: name, Version: version}},
	})
	if err != nil {
		t.Fatalf("name product %s: %v", sku, err)
	}
}
