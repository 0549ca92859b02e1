package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ordersaga/ordersaga/client"
)

type refundOrder struct {
	request
	Amount  string `help:"What is given back, in the order's currency: 12.50." placeholder:"AMOUNT" xor:"what"`
	Retries string `help:"The cancellation or refund whose refund failed, in place of an amount." placeholder:"ID" xor:"what"`
	Reason  string `help:"Why: goodwill, damaged, late, price, retry or other." default:"goodwill" enum:"goodwill,damaged,late,price,retry,other"`
}

func (c *refundOrder) Run(s operatorSession) error {
	ctx := context.Background()
	wanted, err := c.wanted(ctx, s.session)
	if err != nil {
		return s.show(c.JSON, err, nil)
	}
	return c.send(s.session, func() (effect, etag string, err error) {
		preview, err := s.PreviewRefund(ctx, c.ID, wanted)
		if err != nil {
			return "", "", err
		}
		return "means: " + preview.Effect, preview.ETag, nil
	}, func(etag string) (outcome, error) {
		wanted.ETag = etag
		done, err := s.RefundOrder(ctx, c.ID, wanted)
		if err != nil {
			return outcome{}, err
		}
		became := outcome{doneAt: done.DoneAt, code: refusal(done.Why)}
		became.text = fmt.Sprintf("Refund %s of %s: %s%s", done.ID, amount(done.Amount), strings.ReplaceAll(done.Status, "_", " "), why(done.Why))
		if done.Owed != nil {
			became.code = exitFailed
			became.text += fmt.Sprintf("\n%s of it is owed. Try again with --retries %s, or pay in another way and use `order settle`.", amount(*done.Owed), done.ID)
		}
		return became, nil
	})
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
	ofOrder
	Request   string `arg:"" help:"The cancellation or refund whose refund failed."`
	Reference string `help:"Where it was paid." required:"" placeholder:"TEXT"`
}

func (c *settleDebt) Run(s operatorSession) error {
	ledger, err := s.SettleDebt(context.Background(), c.ID, c.Request, c.Reference)
	return s.show(c.JSON, err, func() { printOrderLedger(ledger) })
}

type orderMoney struct{ ofOrder }

func (c *orderMoney) Run(s operatorSession) error {
	ledger, err := s.OrderLedger(context.Background(), c.ID)
	return s.show(c.JSON, err, func() { printOrderLedger(ledger) })
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
	tableOf([]string{"ACCOUNT", "BALANCE"}, ledger.Balances, func(balance client.LedgerLine) []string {
		return []string{balance.Account, money(balance.Amount)}
	})
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
