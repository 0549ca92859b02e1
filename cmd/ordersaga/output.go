package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/ordersaga/ordersaga/client"
	"github.com/ordersaga/ordersaga/platform/money"
	"github.com/ordersaga/ordersaga/platform/text"
)

// raw is embedded by every command that shows an answer.
type raw struct {
	JSON bool `help:"Print the service's answer as it came." name:"json"`
}

// Flags of the commands that are of one thing.
type (
	ofSKU struct {
		raw
		SKU string `arg:"" help:"The SKU."`
	}
	ofOrder struct {
		raw
		ID string `arg:"" help:"The order's id."`
	}
)

// show prints the last answer, also a problem, unchanged with --json, else it calls show. The error
// is that of the call.
func (s *session) show(unchanged bool, err error, show func()) error {
	var problem *client.Problem
	switch {
	case unchanged && errors.As(err, &problem):
		printJSON(problem.Body)
		return answered{exitCode(err)}
	case err != nil:
		return err
	case unchanged:
		printJSON(s.heard.body)
	default:
		show()
	}
	return nil
}

// showJSON prints a value as JSON.
func showJSON(value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	printJSON(raw)
	return nil
}

func printJSON(raw []byte) {
	var indented bytes.Buffer
	if json.Indent(&indented, raw, "", "  ") != nil {
		indented = *bytes.NewBuffer(raw)
	}
	fmt.Println(string(text.JSON(bytes.TrimSpace(indented.Bytes()))))
}

// table prints rows in aligned columns. Cells may have untrusted text, which is escaped.
func table(rows [][]string) { writeTable(os.Stdout, rows) }

// tableOf prints a table with a row for each item.
func tableOf[T any](headings []string, items []T, row func(T) []string) {
	rows := [][]string{headings}
	for _, item := range items {
		rows = append(rows, row(item))
	}
	table(rows)
}

// sectionOf prints such a table after an empty line, unless there is no item.
func sectionOf[T any](headings []string, items []T, row func(T) []string) {
	if len(items) > 0 {
		fmt.Println()
		tableOf(headings, items, row)
	}
}

func writeTable(to io.Writer, rows [][]string) {
	writer := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = text.Terminal(cell)
		}
		fmt.Fprintln(writer, strings.TrimRight(strings.Join(cells, "\t"), "\t"))
	}
	_ = writer.Flush() // a closed terminal ends us by a signal
}

func amount(m client.Money) string { return money.Text(m.Amount, m.Currency) }

// parseAmount reads "12.50" of a currency.
func parseAmount(number, currency string) (client.Money, error) {
	minor, err := money.Parse(number, currency)
	if err != nil {
		return client.Money{}, usage{err}
	}
	return client.Money{Amount: minor, Currency: currency}, nil
}
