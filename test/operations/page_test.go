// Package operations_test keeps docs/operations.md true: its tables against the programs, its
// drills against the engines.
package operations_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/test/shop"
)

const page = "../../docs/operations.md"

// Marks of the section that is generated.
const (
	settingsBegin = "<!-- settings: written by make docs -->\n"
	settingsEnd   = "<!-- end of settings -->\n"
)

// update makes the test write the page instead of comparing it: make docs.
var update = flag.Bool("update", false, "write the generated section of docs/operations.md")

func TestThePageHasTheSettingsThatTheProgramsSayTheyRead(t *testing.T) {
	require.NotEmpty(t, os.Getenv("ORDERSAGA_BIN"), "this test asks the built programs: run `make test`, or `make build` and set ORDERSAGA_BIN to their folder")
	said, exit := shop.Try(t, os.Environ(), "ordersaga", "settings", "--markdown")
	require.Zero(t, exit, said)

	content, err := os.ReadFile(page)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(content), settingsBegin)
	require.True(t, found, "%s has no line %q", page, settingsBegin)
	written, after, found := strings.Cut(rest, settingsEnd)
	require.True(t, found, "%s has no line %q", page, settingsEnd)
	said = "\n" + said + "\n"
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(before+settingsBegin+said+settingsEnd+after), 0o644))
		return
	}
	if said != written {
		t.Errorf("docs/operations.md does not have the settings of the built programs: run `make docs`\nthe page lacks:\n%s\nit has, and the programs do not say:\n%s",
			lacks(written, said), lacks(said, written))
	}
}

// lacks are the lines of one text that another does not have.
func lacks(text, of string) string {
	there := map[string]bool{}
	for line := range strings.Lines(text) {
		there[line] = true
	}
	var missing strings.Builder
	for line := range strings.Lines(of) {
		if !there[line] {
			missing.WriteString(line)
		}
	}
	return missing.String()
}
