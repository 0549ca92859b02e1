package view

import (
	"maps"
	"slices"
	"time"

	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
)

// Ledger says who owes whom of an order, and why.
type Ledger struct {
	OrderID  string          `json:"order_id" format:"uuid"`
	Currency string          `json:"currency"`
	Version  int64           `json:"version" doc:"Of the order."`
	Entries  []LedgerEntry   `json:"entries" nullable:"false" doc:"The oldest first."`
	Balances []LedgerBalance `json:"balances" nullable:"false" doc:"By account; those of zero are left out."`
	Prepaid  int64           `json:"prepaid" doc:"Captured for units that are not shipped, in minor units."`
	Owed     int64           `json:"owed" doc:"Shipped and not paid for, because a capture failed afterwards, in minor units."`
	Debts    []Debt          `json:"debts" nullable:"false" doc:"Refunds that failed and are owed to the shopper."`
}

// LedgerEntry is something that happened to an order's money. Its lines add up to 0.
type LedgerEntry struct {
	ID    string       `json:"id"`
	At    time.Time    `json:"at"`
	Text  string       `json:"text"`
	Lines []LedgerLine `json:"lines" nullable:"false"`
}

// LedgerLine is an amount on an account.
type LedgerLine struct {
	Account string `json:"account" enum:"held,held_contra,provider,customer,goods,shipping,tax,discount,goodwill,fees,elsewhere"`
	Amount  int64  `json:"amount" doc:"In minor units; a debit is above 0."`
}

// LedgerBalance is the sum of an account.
type LedgerBalance LedgerLine

// Debt is what is owed of a refund that failed.
type Debt struct {
	Request string `json:"request" format:"uuid" doc:"The cancellation or refund."`
	Amount  int64  `json:"amount" doc:"In minor units."`
}

// LedgerOf makes the ledger of an order.
func LedgerOf(o *domain.Order) Ledger {
	shown := Ledger{
		OrderID: o.ID(), Currency: o.Total().Currency, Version: o.Version(), Prepaid: o.Prepaid().Amount, Owed: o.Owed().Amount,
		Entries: make([]LedgerEntry, len(o.Ledger())), Balances: []LedgerBalance{}, Debts: []Debt{},
	}
	for i, entry := range o.Ledger() {
		shown.Entries[i] = LedgerEntry{ID: entry.ID, At: entry.At, Text: entry.Text}
		for _, line := range entry.Lines {
			shown.Entries[i].Lines = append(shown.Entries[i].Lines, LedgerLine{string(line.Account), line.Amount})
		}
	}
	balances := o.Balances()
	for _, account := range slices.Sorted(maps.Keys(balances)) {
		shown.Balances = append(shown.Balances, LedgerBalance{string(account), balances[account]})
	}
	debts := o.Debts()
	for _, request := range slices.Sorted(maps.Keys(debts)) {
		shown.Debts = append(shown.Debts, Debt{request, debts[request]})
	}
	return shown
}
