package placeorder

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/quotes"
)

// These two are promises to clients that repeat a request across an upgrade.
func TestIdsAndHashesStayTheSameForever(t *testing.T) {
	request := Command{
		CustomerID: "ann", IdempotencyKey: "basket-1", Currency: "GBP", PaymentMethod: "card_approve",
		Lines:         []quotes.Wanted{{SKU: "TEA", Quantity: 2}, {SKU: "CUP", Quantity: 1}},
		ExpectedTotal: &domain.Money{Amount: 1250, Currency: "GBP"},
	}
	hash, err := request.hash(nil)
	require.NoError(t, err)
	require.Equal(t, "ff5a53d80110503bbd1eb9fa78bf573daad02f6736cab67eca9f877ee7f277c0", hash)
	require.Equal(t, "fbc75a14-27a8-55cf-bb3d-f7e24ed18ff6", request.orderID())
}

func TestAnythingElseIsAnotherHash(t *testing.T) {
	base := func() Command {
		return Command{Currency: "GBP", PaymentMethod: "card", Lines: []quotes.Wanted{{SKU: "TEA", Quantity: 2}, {SKU: "CUP", Quantity: 1}}}
	}
	hash := func(change func(*Command)) string {
		request := base()
		change(&request)
		hashed, err := request.hash(nil)
		require.NoError(t, err)
		return hashed
	}
	same := hash(func(*Command) {})
	require.Equal(t, same, hash(func(r *Command) { r.Wait = time.Second }), "how long one waits is not what one asks for")
	for name, change := range map[string]func(*Command){
		"currency":       func(r *Command) { r.Currency = "EUR" },
		"payment method": func(r *Command) { r.PaymentMethod = "other" },
		"quantity":       func(r *Command) { r.Lines[0].Quantity = 3 },
		"SKU":            func(r *Command) { r.Lines[0].SKU = "MUG" },
		"order of lines": func(r *Command) { r.Lines[0], r.Lines[1] = r.Lines[1], r.Lines[0] },
		"fewer lines":    func(r *Command) { r.Lines = r.Lines[:1] },
		"expected total": func(r *Command) { r.ExpectedTotal = &domain.Money{Amount: 1, Currency: "GBP"} },
	} {
		require.NotEqual(t, same, hash(change), name)
	}
}

func TestAnOrderIsOneCustomersWithOneKey(t *testing.T) {
	ids := map[string]bool{}
	for _, r := range []Command{
		{CustomerID: "ann", IdempotencyKey: "1"},
		{CustomerID: "ann", IdempotencyKey: "2"},
		{CustomerID: "bob", IdempotencyKey: "1"},
		{CustomerID: "ann1", IdempotencyKey: ""},
	} {
		ids[r.orderID()] = true
	}
	require.Len(t, ids, 4)
}
