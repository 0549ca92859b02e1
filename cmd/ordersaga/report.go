package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/verify"
	"github.com/ordersaga/ordersaga/platform/money"
	"github.com/ordersaga/ordersaga/platform/text"
)

const (
	// reportWidth is the width of the report's lines, in characters.
	reportWidth = 100
	// shownSums bounds the sums of money of an invariant, each of which has a line.
	shownSums = 10
)

// printReport writes each invariant with its result, how it was checked and its figures, and then
// the violations.
func printReport(to io.Writer, report *verify.Report) {
	for _, invariant := range report.Invariants {
		result := "ok"
		if !invariant.OK {
			result = fmt.Sprintf("VIOLATED (%d)", invariant.Violations)
		}
		fmt.Fprintf(to, "%s  %-56s  %s\n", invariant.ID, invariant.Rule, result)
		fmt.Fprintf(to, "      by %s\n", invariant.Checked)
		for _, line := range figureLines(invariant.Figures) {
			fmt.Fprintf(to, "      %s\n", line)
		}
	}
	for _, invariant := range report.Invariants {
		if invariant.OK {
			continue
		}
		fmt.Fprintf(to, "\n%s is violated %d times:\n", invariant.ID, invariant.Violations)
		for _, offender := range invariant.Offenders {
			fmt.Fprintf(to, "  %s: %s\n", text.Terminal(offender.What), text.Terminal(offender.Problem))
		}
		if more := invariant.Violations - len(invariant.Offenders); more > 0 {
			fmt.Fprintf(to, "  and %d more\n", more)
		}
	}
	fmt.Fprintf(to, "\nchecked in %.1f s\n", report.Seconds)
}

// figureLines returns lines with as many counts as fit, and then one line for each sum of money.
func figureLines(figures []verify.Figure) []string {
	var lines, sums []string
	line := ""
	for _, figure := range figures {
		if figure.Currency != "" {
			sums = append(sums, money.Text(figure.Value, figure.Currency)+" "+figure.Name)
			continue
		}
		piece := fmt.Sprintf("%d %s", figure.Value, figure.Name)
		if line != "" && len(line)+len(", ")+len(piece) > reportWidth {
			lines = append(lines, line+",")
			line = ""
		}
		if line != "" {
			line += ", "
		}
		line += piece
	}
	if line != "" {
		lines = append(lines, line)
	}
	if more := len(sums) - shownSums; more > 0 {
		sums = append(sums[:shownSums], fmt.Sprintf("and sums in %d more currencies: --json has them", more))
	}
	for i := range lines {
		lines[i] = text.Terminal(strings.TrimSpace(lines[i]))
	}
	return append(lines, sums...)
}
