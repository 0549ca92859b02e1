package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ordersaga/ordersaga/client"
)

type refundOrder struct {
	raw
	ID      string        `arg:"" help:"The order's id."`
	Amount  string        `help:"What is given back, in the order's currency: 12.50." placeholder:"AMOUNT" xor:"what"`
	Retries string        `help:"The cancellation or refund whose refund failed, in place of an amount." placeholder:"ID" xor:"what"`
	Reason  string        `help:"Why: goodwill, damaged, late, price, retry or other." default:"goodwill" enum:"goodwill,damaged,late,price,retry,other"`
	Note    string        `help:"A text for people." placeholder:"TEXT"`
	Key     string        `help:"Idempotency key: the same key is the same refund. By default a new one." placeholder:"KEY"`
	Yes     bool          `help:"Do it without asking, for scripts."`
	Wait    time.Duration `help:"How long to wait for the outcome, at most 50s." default:"10s" placeholder:"DURATION"`
}

// Run is called by kong. It shows the effect and asks before it refunds.
func (c *refundOrder) Run(a *addresses) error {
	s, err := a.session(operator)
	if err != nil {
		return err
	}
	ctx := context.Background()
	wanted, err := c.wanted(ctx, s)
	if err != nil {
		return c.show(s, err, nil)
	}
	wanted.ETag = "*"
	if !c.Yes {
		preview, err := s.PreviewRefund(ctx, c.ID, wanted)
		if err != nil {
			return c.show(s, err, nil)
		}
		if err := ask("means: " + preview.Effect); err != nil {
			return err
		}
		wanted.ETag = preview.ETag
	}
	done, err := s.RefundOrder(ctx, c.ID, wanted)
	err = c.show(s, err, func() {
		fmt.Printf("Refund %s of %s: %s%s\n", done.ID, amount(done.Amount), strings.ReplaceAll(done.Status, "_", " "), why(done.Why))
		if done.Owed != nil {
			fmt.Printf("%s of it is owed. Try again with --retries %s, or pay in another way and use `order settle`.\n", amount(*done.Owed), done.ID)
		}
	})
	switch {
	case err != nil:
		return err
	case done.DoneAt.IsZero():
		return answered{exitUnsettled}
	case done.Why != nil || done.Owed != nil:
		return answered{exitFailed}
	}
	return nil
}

func (c *refundOrder) wanted(ctx context.Context, s *session) (client.NewRefund, error) {
	wanted := client.NewRefund{Key: c.Key, Wait: patience(c.Wait), Retries: c.Retries, Reason: c.Reason, Note: c.Note}
	switch {
	case c.Amount == "" && c.Retries == "":
		return wanted, usage{errors.New("give --amount or --retries")}
	case c.Amount == "":
		return wanted, nil
	}
	order, err := s.Order(ctx, c.ID)
	if err != nil {
		return wanted, err
	}
	given, err := parseAmount(c.Amount, order.Total.Currency)
	wanted.Amount = &given
	return wanted, err
}

type settleDebt struct {
	raw
	ID        string `arg:"" help:"The order's id."`
	Request   string `arg:"" help:"The cancellation or refund whose refund failed."`
	Reference string `help:"Where it was paid." required:"" placeholder:"TEXT"`
}

// Run is called by kong.
func (c *settleDebt) Run(a *addresses) error {
	s, err := a.session(operator)
	if err != nil {
		return err
	}
	ledger, err := s.SettleDebt(context.Background(), c.ID, c.Request, c.Reference)
	return c.show(s, err, func() { printOrderLedger(ledger) })
}

type orderMoney struct {
	raw
	ID string `arg:"" help:"The order's id."`
}

// Run is called by kong.
func (c *orderMoney) Run(a *addresses) error {
	s, err := a.session(operator)
	if err != nil {
		return err
	}
	ledger, err := s.OrderLedger(context.Background(), c.ID)
	return c.show(s, err, func() { printOrderLedger(ledger) })
}

func printOrderLedger(ledger *client.OrderLedger) {
	money := func(minor int64) string { return amount(client.Money{Amount: minor, Currency: ledger.Currency}) }
	rows := [][]string{{"AT (UTC)", "ACCOUNT", "DEBIT", "CREDIT", ""}}
	for _, entry := range ledger.Entries {
		for i, line := range entry.Lines {
			when, what := "", ""
			if i == 0 {
				when, what = at(entry.At), entry.Text
			}
			rows = append(rows, append(append([]string{when, line.Account}, sides(line.Amount, ledger.Currency)...), what))
		}
	}
	table(rows)
	fmt.Println()
	rows = [][]string{{"ACCOUNT", "BALANCE"}}
	for _, balance := range ledger.Balances {
		rows = append(rows, []string{balance.Account, money(balance.Amount)})
	}
	table(rows)
	fmt.Println()
	if ledger.Prepaid > 0 {
		fmt.Printf("The shop has %s for units that are not shipped.\n", money(ledger.Prepaid))
	}
	if ledger.Owed > 0 {
		fmt.Printf("The shopper owes %s: a charge failed after the goods had left.\n", money(ledger.Owed))
	}
	for _, debt := range ledger.Debts {
		fmt.Printf("The shop owes %s: the refund of %s failed.\n", money(debt.Amount), debt.Request)
	}
	if ledger.Prepaid+ledger.Owed == 0 && len(ledger.Debts) == 0 {
		fmt.Println("Nobody owes anything that was charged.")
	}
}
