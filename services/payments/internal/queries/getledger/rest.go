package getledger

import (
	"context"
	"net/http"
	"time"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/rest"
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

type output struct{ Body Ledger }

// Route serves GET /v1/payments/{order_id}/ledger.
func Route(api *rest.API, s *store.Store) {
	handler := New(s)
	rest.Handle(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/payments/{order_id}/ledger", ID: "get-ledger",
		Summary: "Get the ledger of an order's payment",
		Description: "Every change of an order's money as a balanced entry: what is held, what the payment provider owes the shop, what the shop owes the " +
			"shopper, refunds on their way, disputes.",
		Tags: []string{"payments"}, Scope: auth.ScopeOperator,
	}, func(ctx context.Context, query *Query) (*output, error) {
		result, err := handler.Handle(ctx, *query)
		if err != nil {
			return nil, err
		}
		return &output{Body: represent(query.OrderID, result)}, nil
	})
}

func represent(orderID string, result Result) Ledger {
	shown := Ledger{OrderID: orderID, Entries: []LedgerEntry{}, Balances: []LedgerBalance{}}
	for _, entry := range result.Entries {
		lines := make([]LedgerLine, len(entry.Lines))
		for i, line := range entry.Lines {
			lines[i] = LedgerLine{string(line.Account), line.Amount}
		}
		shown.Entries = append(shown.Entries, LedgerEntry{
			ID: entry.ID, OperationID: entry.OperationID, Kind: entry.Kind, At: entry.At, Currency: entry.Currency, Lines: lines,
		})
	}
	for _, b := range result.Balances {
		shown.Balances = append(shown.Balances, LedgerBalance{string(b.Account), b.Currency, b.Amount})
	}
	return shown
}
