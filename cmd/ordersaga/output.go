package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/shop"
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
		return shownError{problem}
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
	fmt.Println(strings.TrimSpace(indented.String()))
}

// table prints rows in aligned columns; the first is the heading.
func table(rows [][]string) {
	writer := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(writer, strings.Join(row, "\t"))
	}
	_ = writer.Flush() // a terminal that is gone ends us by a signal
}
