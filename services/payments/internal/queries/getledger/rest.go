package getledger

import (
	"context"
	"net/http"
	"time"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/each"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/store"
)

// Ledger is what became of an order's money, in double entry.
type Ledger struct {
	OrderID  string          `json:"order_id" format:"uuid"`
	Entries  []LedgerEntry   `json:"entries" nullable:"false" doc:"Oldest first; empty when nothing moved."`
	Balances []LedgerBalance `json:"balances" nullable:"false" doc:"What the entries add up to; accounts at zero are left out."`
}

// LedgerEntry is one change: its lines add up to zero.
type LedgerEntry struct {
	ID          string       `json:"id" doc:"The operation's id and the kind."`
	OperationID string       `json:"operation_id" format:"uuid"`
	Kind        string       `json:"kind" doc:"What happened to the operation: held-N, sent, submitted, succeeded, failed, reversed, open, won, lost."`
	At          time.Time    `json:"at"`
	Currency    string       `json:"currency"`
	Lines       []LedgerLine `json:"lines" nullable:"false"`
}

// LedgerLine is a debit or a credit.
type LedgerLine struct {
	Account string `json:"account" enum:"held,held_contra,provider,customer,transit,dispute,provider_fees,chargeback_loss,fees"`
	Amount  int64  `json:"amount" doc:"Minor units: positive is a debit, negative a credit."`
}

// LedgerBalance is the sum of an account.
type LedgerBalance struct {
	Account  string `json:"account"`
	Currency string `json:"currency"`
	Amount   int64  `json:"amount" doc:"Minor units: positive is a debit."`
}

// Route serves GET /v1/payments/{order_id}/ledger.
func Route(api *rest.API, s *store.Store) {
	handler := New(s)
	rest.Serve(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/payments/{order_id}/ledger", ID: "get-ledger",
		Summary: "Get the ledger of an order's payment",
		Description: "Every change of an order's money as a balanced entry: what is held, what the payment provider owes the shop, what the shop owes the " +
			"shopper, refunds on their way, disputes.",
		Tags: []string{"payments"}, Scope: auth.ScopeOperator,
	}, func(ctx context.Context, query Query) (Ledger, error) {
		result, err := handler.Handle(ctx, query)
		return represent(query.OrderID, result), err
	})
}

func represent(orderID string, result Result) Ledger {
	return Ledger{OrderID: orderID, Entries: each.Map(result.Entries, entry), Balances: each.Map(result.Balances, func(b store.Balance) LedgerBalance {
		return LedgerBalance{string(b.Account), b.Currency, b.Amount}
	})}
}

func entry(e domain.Entry) LedgerEntry {
	return LedgerEntry{
		ID: e.ID, OperationID: e.OperationID, Kind: e.Kind, At: e.At, Currency: e.Currency,
		Lines: each.Map(e.Lines, func(l domain.Line) LedgerLine { return LedgerLine{string(l.Account), l.Amount} }),
	}
}
