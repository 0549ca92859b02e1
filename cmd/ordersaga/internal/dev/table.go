package dev

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/demo"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/issuer"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/ports"
	"github.com/ordersaga/ordersaga/contracts/programs"
)

const (
	shopper    = "demo-shopper"
	tokenLives = 12 * time.Hour
)

// printTable prints the addresses and the first commands to try.
func (r *run) printTable() {
	var text strings.Builder
	fmt.Fprintf(&text, "\nOrdersaga is up (%s).\n\n", seconds(r.began))
	r.addresses(&text)
	r.examples(&text)
	fmt.Fprintf(&text, "Watch each order in the Temporal Web UI:  %s/namespaces/ordersaga/workflows\n", r.stack.File.URLs[ports.TemporalUI])
	fmt.Fprintf(&text, "The same without curl:                    %s\n", r.command("order place --line "+demo.Plenty+"=2"))
	fmt.Fprintf(&text, "All commands:                             %s\n", r.program()+" --help")
	fmt.Fprintf(&text, "Logs:                                     %s\n", filepath.Join(r.Dir, "logs", "*.log"))
	fmt.Fprintf(&text, "Stop:                                     Ctrl-C (the data stays in %s)\n\n", r.Dir)
	r.terminal.print(text.String())
}

func (r *run) addresses(text *strings.Builder) {
	rows := tabwriter.NewWriter(text, 0, 0, 2, ' ', 0)
	row := func(cells ...string) { fmt.Fprintln(rows, "  "+strings.Join(cells, "\t")) }
	p := r.stack.Ports
	row("PROGRAM", "ADDRESS", "GRPC", "HEALTH, METRICS", "PAGES")
	services := programs.Names(programs.IsService)
	slices.SortFunc(services, func(a, b string) int { return p[a] - p[b] })
	for _, name := range services {
		row(name, p.URL(name), p.Address(ports.GRPC(name)), p.URL(ports.Admin(name)), p.URL(name)+"/docs")
	}
	row("worker", "", "", p.URL(programs.Worker), "")
	row("paysim", p.URL(programs.Paysim), "", p.URL(programs.Paysim), "")
	row("Temporal", p.Address(ports.Temporal), "", "", p.URL(ports.TemporalUI))
	row("RabbitMQ", p.Address(ports.AMQP), "", "", p.URL(ports.AMQPManagement))
	row("PostgreSQL", p.Address(ports.Postgres), "", "", "")
	row("FerretDB", p.Address(ports.MongoDB)+" (MongoDB protocol)", "", "", "")
	row("token issuer", p.URL(ports.Issuer), "", "", "")
	_ = rows.Flush() // into memory
	fmt.Fprintf(text, "\n  Users and passwords of the engines: %s\n\n", filepath.Join(r.Dir, "devstack", "engines.json"))
}

func (r *run) examples(text *strings.Builder) {
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	mine := "$(" + r.command("token") + ")"
	token, err := issuer.Token(ctx, r.stack.File.URLs[ports.Issuer], shopper, tokenLives)
	if err != nil {
		fmt.Fprintf(text, "%v\n", err)
		token = mine
	}
	first := body(demo.Plenty, 2, "card_approve")
	for _, example := range []struct{ says, token, key, body string }{
		{"The first order (201, confirmed; the token lives 12 hours):", token, "first-order", first},
		{"The same again (the same order, Idempotent-Replayed: true):", mine, "first-order", first},
		{"The same key with another body (422, request-mismatch):", mine, "first-order", body(demo.Other, 1, "card_approve")},
		{"A card that is declined (422, payment-declined; the stock is free again):", mine, "declined-card", body(demo.Plenty, 1, "card_declined")},
		{"More than there is (422, out-of-stock: the SKU and what is left):", mine, "too-many", body(demo.Scarce, 5, "card_approve")},
	} {
		fmt.Fprintf(text, "%s\n\n%s\n\n", example.says, r.curl(example.token, example.key, example.body))
	}
}

func (r *run) curl(token, key, body string) string {
	return fmt.Sprintf(`curl -i -X POST %s/v1/orders -H "Authorization: Bearer %s" -H "Idempotency-Key: %s" -H "Content-Type: application/json" -d '%s'`,
		r.stack.File.URLs[programs.Orders], token, key, body)
}

func body(sku string, quantity int, card string) string {
	return fmt.Sprintf(`{"currency":"%s","lines":[{"sku":"%s","quantity":%d}],"payment_method":"%s"}`, demo.Currency, sku, quantity, card)
}

// command returns a command line for this stack from the current folder.
func (r *run) command(arguments string) string {
	if r.Dir != defaultDir {
		arguments += " --dir " + r.Dir
	}
	return r.program() + " " + arguments
}

// program returns the path of this program from the current folder.
func (r *run) program() string {
	program := filepath.Join(r.stack.Bin, "ordersaga")
	if here, err := os.Getwd(); err == nil {
		if relative, err := filepath.Rel(here, program); err == nil && filepath.IsLocal(relative) {
			return relative
		}
	}
	return program
}

// defaultDir is the default folder of a stack.
const defaultDir = ".ordersaga"
