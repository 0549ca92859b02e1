package domain

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Account of the ledger.
type Account string

const (
	Held           Account = "held"            // what authorizations have open; a memo
	HeldContra     Account = "held_contra"     // the other side of held
	Provider       Account = "provider"        // what the provider owes the shop
	Customer       Account = "customer"        // what the shop owes the shopper, in goods or in money
	Transit        Account = "transit"         // refunds on their way
	DisputeAccount Account = "dispute"         // what banks took back and did not decide
	ProviderFees   Account = "provider_fees"   // fees of disputes
	ChargebackLoss Account = "chargeback_loss" // disputes that were lost
	Fees           Account = "fees"            // what the shop keeps of cancelled units
)

// Line debits an account with a positive amount, and credits it with a negative one, in minor
// units.
type Line struct {
	Account Account
	Amount  int64
}

// Entry is one entry of the ledger: its lines add up to zero.
type Entry struct {
	ID          string // the operation's id and the kind
	OrderID     string
	OperationID string
	Kind        string
	Currency    string
	At          time.Time
	Lines       []Line // by account; none is zero
}

// accounts is what an operation makes of the accounts as it stands: the entries of an operation add
// up to this, so the ledger is always the fold of the operations.
//
//	authorization   held +open, held_contra -open
//	capture         provider +amount, customer -amount              once it has succeeded
//	                customer +fee, fees -fee                        with it
//	refund          customer +amount, transit -amount               from its sending
//	                customer +amount, provider -amount              once it has succeeded
//	                customer +fee, fees -fee                        whatever became of it
//	dispute         dispute +amount, provider_fees +fee, provider -both
//	                provider_fees +fee, provider -fee               won
//	                chargeback_loss +amount, provider_fees +fee, provider -both   lost
func (o *Operation) accounts() map[Account]int64 {
	amount := o.Request.Amount
	switch {
	case o.Kind == Authorize:
		return map[Account]int64{Held: o.Open, HeldContra: -o.Open}
	case o.Kind == Capture && o.State == Succeeded:
		return map[Account]int64{Provider: amount, Customer: o.Fee - amount, Fees: -o.Fee}
	case o.Kind == Refund && o.unsettled():
		return map[Account]int64{Customer: amount + o.Fee, Transit: -amount, Fees: -o.Fee}
	case o.Kind == Refund && o.State == Succeeded:
		return map[Account]int64{Customer: amount + o.Fee, Provider: -amount, Fees: -o.Fee}
	case o.Kind == Refund:
		return map[Account]int64{Customer: o.Fee, Fees: -o.Fee}
	case o.Kind == Dispute && o.State == Won:
		return map[Account]int64{ProviderFees: o.Fee, Provider: -o.Fee}
	case o.Kind == Dispute && o.State == Lost:
		return map[Account]int64{ChargebackLoss: amount, ProviderFees: o.Fee, Provider: -amount - o.Fee}
	case o.Kind == Dispute:
		return map[Account]int64{DisputeAccount: amount, ProviderFees: o.Fee, Provider: -amount - o.Fee}
	default:
		return nil
	}
}

// EntryOf is the ledger's entry of a change of an operation, from before to now; false when the
// change moves no money. A new operation had the zero value before.
func EntryOf(before, now *Operation, at time.Time) (Entry, bool) {
	was, is := before.accounts(), now.accounts()
	entry := Entry{OrderID: now.Step.OrderID, OperationID: now.ID, Kind: now.entryKind(before), Currency: now.currency(), At: at}
	entry.ID = entry.OperationID + "/" + entry.Kind
	for account, amount := range is {
		if change := amount - was[account]; change != 0 {
			entry.Lines = append(entry.Lines, Line{account, change})
		}
	}
	for account, amount := range was {
		if _, still := is[account]; !still && amount != 0 {
			entry.Lines = append(entry.Lines, Line{account, -amount})
		}
	}
	slices.SortFunc(entry.Lines, func(a, b Line) int { return strings.Compare(string(a.Account), string(b.Account)) })
	return entry, len(entry.Lines) > 0
}

// entryKind names the change: the new state, or of an authorization the number of the change.
func (o *Operation) entryKind(before *Operation) string {
	switch {
	case o.Kind == Authorize:
		return fmt.Sprintf("held-%d", o.OpenChanges)
	case o.Kind == Refund && before.State == None:
		return "sent"
	default:
		return string(o.State)
	}
}

func (o *Operation) currency() string {
	if o.Kind == Authorize && o.Held.Currency != "" {
		return o.Held.Currency
	}
	return o.Request.Currency
}

// Balances adds up what the operations of a payment make of the accounts, by currency.
func (p *Payment) Balances() map[string]map[Account]int64 {
	sums := map[string]map[Account]int64{}
	for _, op := range p.Operations {
		for account, amount := range op.accounts() {
			if amount == 0 {
				continue
			}
			if sums[op.currency()] == nil {
				sums[op.currency()] = map[Account]int64{}
			}
			sums[op.currency()][account] += amount
		}
	}
	return sums
}
