package ordersearch

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
)

func TestTheDocumentOfAnOrderIsAlwaysTheSame(t *testing.T) {
	order := domain.Fold("a", []domain.Event{{Fact: domain.OrderPlaced{Metadata: map[string]string{"b": "2", "a": "1", "d": "4", "c": "3"}}}})
	for range 20 {
		made, err := document(order, "")
		require.NoError(t, err)
		require.Equal(t, "a 1\nb 2\nc 3\nd 4\n", made.Texts[Note])
	}
}
