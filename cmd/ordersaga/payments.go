package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/ordersaga/ordersaga/client"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/reconcile"
)

type paymentCommands struct {
	Reconcile reconcilePayments `cmd:"" help:"Compare payments' journal and ledger with the payment provider's books."`
	Ledger    showLedger        `cmd:"" help:"Show the ledger of an order's payment."`
}

type reconcilePayments struct {
	JSON bool `help:"Print the report as JSON." name:"json"`
}

// Run is called by kong. The status is 1 when there are differences.
func (c *reconcilePayments) Run(ctx context.Context, s patientSession) error {
	report, err := reconcile.Run(ctx, s.Client)
	if err != nil {
		return err
	}
	if c.JSON {
		err = showJSON(report)
	} else {
		printReconciliation(report)
	}
	if err == nil && len(report.Differences) > 0 {
		return answered{exitFailed}
	}
	return err
}

func printReconciliation(report *reconcile.Report) {
	rows := [][]string{{"CURRENCY", "AUTHORIZED", "OPEN", "CAPTURED", "REFUNDED", "DISPUTED", "DISPUTE FEES", "KEPT", "PROVIDER OWES"}}
	for _, sum := range report.Sums {
		row := []string{sum.Currency}
		for _, minor := range []int64{sum.Authorized, sum.Open, sum.Captured, sum.Refunded, sum.Disputed, sum.Fees, sum.Kept, sum.ProviderBalance} {
			row = append(row, amount(client.Money{Amount: minor, Currency: sum.Currency}))
		}
		rows = append(rows, row)
	}
	table(rows)
	listed := strconv.Itoa(report.Records)
	if !report.Listed {
		listed = "no list"
	}
	fmt.Printf("\npayments %d, records of the provider %s, differences %d\n", report.Payments, listed, len(report.Differences))
	differences := make([][]string, 0, len(report.Differences))
	for _, d := range report.Differences {
		differences = append(differences, []string{"order " + d.OrderID + ":", d.Problem})
	}
	table(differences)
}

type showLedger struct{ ofOrder }

func (c *showLedger) Run(s operatorSession) error {
	ledger, err := s.PaymentLedger(context.Background(), c.ID)
	return s.show(c.JSON, err, func() { printLedger(ledger) })
}

func printLedger(ledger *client.Ledger) {
	rows := [][]string{{"AT (" + zone + ")", "ENTRY", "ACCOUNT", "DEBIT", "CREDIT"}}
	for _, entry := range ledger.Entries {
		when, kind := at(entry.At), entry.Kind
		for _, line := range entry.Lines {
			rows = append(rows, append([]string{when, kind, line.Account}, sides(line.Amount, entry.Currency)...))
			when, kind = "", ""
		}
	}
	for _, b := range ledger.Balances {
		rows = append(rows, append([]string{"", "balance", b.Account}, sides(b.Amount, b.Currency)...))
	}
	table(rows)
}

// sides are the columns of a debit and of a credit.
func sides(minor int64, currency string) []string {
	if minor < 0 {
		return []string{"", amount(client.Money{Amount: -minor, Currency: currency})}
	}
	return []string{amount(client.Money{Amount: minor, Currency: currency}), ""}
}
