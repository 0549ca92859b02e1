package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/shop"
	"github.com/ordersaga/ordersaga/platform/text"
)

// raw is embedded by every command that shows an answer.
type raw struct {
	JSON bool `help:"Print the service's answer as it came." name:"json"`
}

// call makes a request and shows its answer: as it came when the user wants
// JSON, else by show, which decodes it.
func (r raw) call(ctx context.Context, request shop.Request, show func(*shop.Answer) error) error {
	answer, err := shop.Do(ctx, request)
	var problem *shop.Problem
	switch {
	case r.JSON && errors.As(err, &problem):
		printJSON(problem.Raw)
		return answered{exitCode(err)}
	case err != nil:
		return err
	case r.JSON:
		printJSON(answer.Raw)
		return nil
	default:
		return show(answer)
	}
}

func printJSON(raw []byte) {
	var indented bytes.Buffer
	if json.Indent(&indented, raw, "", "  ") != nil {
		indented = *bytes.NewBuffer(raw)
	}
	fmt.Println(string(text.JSON(bytes.TrimSpace(indented.Bytes()))))
}

// table prints rows in aligned columns. What is in a cell can be anything: customers, sellers and
// payment providers wrote it.
func table(rows [][]string) { writeTable(os.Stdout, rows) }

func writeTable(to io.Writer, rows [][]string) {
	writer := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = text.Terminal(cell)
		}
		fmt.Fprintln(writer, strings.TrimRight(strings.Join(cells, "\t"), "\t"))
	}
	_ = writer.Flush() // a terminal that is gone ends us by a signal
}
