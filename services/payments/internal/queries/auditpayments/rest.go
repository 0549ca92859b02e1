package auditpayments

import (
	"net/http"
	"time"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider"
	"github.com/ordersaga/ordersaga/services/payments/internal/store"
)

// timeout of a page: the provider is asked for each of its orders.
const timeout = 50 * time.Second

// Page of payments, in the order of their orders' ids.
type Page struct {
	Payments   []AuditPayment `json:"payments" nullable:"false"`
	Reconciled bool           `json:"reconciled" doc:"whether the provider can tell what it did, and was asked"`
	Next       rest.Cursor    `json:"next_cursor,omitempty" doc:"Asks for the next page; absent on the last one."`
}

// AuditPayment is an order's payment.
type AuditPayment struct {
	OrderID         string   `json:"order_id" format:"uuid"`
	Status          string   `json:"status" enum:"none,pending,authorized,partially_captured,captured,partially_refunded,refunded,declined,voiding,voided"`
	Amount          int64    `json:"amount" doc:"In minor units; what is held, or what was asked for last when nothing is."`
	Currency        string   `json:"currency,omitempty"`
	Unfinished      int      `json:"unfinished" doc:"Operations whose outcome or undo is not known yet."`
	Untold          bool     `json:"untold,omitempty" doc:"The order does not know yet what became of its money by itself; it is told until it does."`
	Authorized      int64    `json:"authorized" doc:"The sum of open, capturing, captured, voided and expired. All in minor units."`
	Open            int64    `json:"open" doc:"What can still be captured."`
	Capturing       int64    `json:"capturing" doc:"Captures that the payment provider has accepted and not settled."`
	Captured        int64    `json:"captured"`
	Voided          int64    `json:"voided"`
	Expired         int64    `json:"expired"`
	Refunding       int64    `json:"refunding" doc:"Refunds that are not settled."`
	Refunded        int64    `json:"refunded"`
	Disputed        int64    `json:"disputed" doc:"Disputes that are not won."`
	Fees            int64    `json:"fees" doc:"Fees of disputes."`
	Kept            int64    `json:"kept" doc:"What the shop keeps as fees of cancellations; it is a part of what was captured and not refunded."`
	ProviderBalance int64    `json:"provider_balance" doc:"What the payment provider owes the shop by the ledger: captured less refunded, disputed and fees."`
	Problems        []string `json:"problems,omitempty" nullable:"false" doc:"What an operator has to look at, and how journal and provider contradict each other."`
}

// Route serves GET /v1/audit/payments. Statements are the provider's; nil when it has none.
func Route(api *rest.API, s *store.Store, statements provider.Statements) {
	rest.Serve(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/audit/payments", ID: "audit-payments",
		Summary:     "Audit the payments",
		Description: "Every payment with its journal added up, reconciled with the payment provider's books, page by page.",
		Tags:        []string{"audit"}, Scope: auth.ScopeOperator, Timeout: timeout,
	}, New(s, statements).Handle)
}
