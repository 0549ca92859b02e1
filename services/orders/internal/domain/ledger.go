package domain

import (
	"slices"
	"time"
)

// Account of an order's ledger. An amount above 0 is a debit.
type Account string

// The accounts. The customer's balance is what the customer owes the shop; below 0, what the shop
// owes the customer.
const (
	Held          Account = "held"
	HeldContra    Account = "held_contra"
	Provider      Account = "provider" // what the payment provider owes the shop
	Customer      Account = "customer"
	Goods         Account = "goods"
	ShippingCosts Account = "shipping"
	Tax           Account = "tax"
	Discount      Account = "discount"
	Goodwill      Account = "goodwill"
	Fees          Account = "fees"      // kept of the amounts of cancelled units
	Elsewhere     Account = "elsewhere" // paid in another way than through the provider
)

// Entry of the ledger: its lines add up to 0.
type Entry struct {
	ID    string // of the operation, and what happened to it
	At    time.Time
	Text  string
	Lines []EntryLine
}

// EntryLine is an amount on an account, in minor units.
type EntryLine struct {
	Account Account
	Amount  int64
}

// post adds an entry, without the lines of zero. An entry of zeros is left out.
func (o *Order) post(entry Entry) {
	entry.Lines = slices.DeleteFunc(entry.Lines, func(line EntryLine) bool { return line.Amount == 0 })
	if len(entry.Lines) > 0 {
		o.ledger = append(o.ledger, entry)
	}
}

// Ledger has an entry for each event that moved money or made somebody owe some, the oldest first.
// It must not be changed.
func (o *Order) Ledger() []Entry { return o.ledger }

// Balances are the sums of the ledger's accounts that are not zero.
func (o *Order) Balances() map[Account]int64 {
	sums := map[Account]int64{}
	for _, entry := range o.ledger {
		for _, line := range entry.Lines {
			if sums[line.Account] += line.Amount; sums[line.Account] == 0 {
				delete(sums, line.Account)
			}
		}
	}
	return sums
}
