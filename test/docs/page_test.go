// Package docs keeps the pages of the documentation true: it runs their commands, compiles their
// code and looks up every name. docs/README.md has the rules.
package docs

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const root = "../.."

// page is one Markdown file.
type page struct {
	name   string // from the root of the repository
	blocks []block
	// text is everything that is in no block: prose, tables, comments.
	text []line
}

type line struct {
	number int
	text   string
}

// block is a fenced one.
type block struct {
	line int
	// kind and of are what the comment before it says: "go" and "path/file.go", "not run" and the
	// reason.
	kind, of string
	content  string
}

func (p page) at(line int) string { return fmt.Sprintf("%s:%d", p.name, line) }

// pages are all that is written for readers, in the order of their commands.
func pages(t *testing.T) []page {
	t.Helper()
	names := []string{"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"}
	found, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	require.NoError(t, err)
	require.NotEmpty(t, found)
	for _, path := range found {
		names = append(names, "docs/"+filepath.Base(path))
	}
	var read []page
	for _, name := range names {
		content, err := os.ReadFile(filepath.Join(root, name))
		require.NoError(t, err)
		read = append(read, parse(name, string(content)))
	}
	return read
}

var (
	fence   = regexp.MustCompile("^\\s*```")
	comment = regexp.MustCompile(`^\s*<!-- (run|eventually|output|go|recipe|excerpt|not run)(?:[: ]\s*(.*?))? -->$`)
)

func parse(name, content string) page {
	p := page{name: name}
	var inside *block
	for i, text := range strings.Split(content, "\n") {
		switch {
		case inside != nil && fence.MatchString(text):
			p.blocks = append(p.blocks, *inside)
			inside = nil
		case inside != nil:
			inside.content += text + "\n"
		case fence.MatchString(text):
			inside = &block{line: i + 1}
			if last := len(p.text) - 1; last >= 0 {
				if said := comment.FindStringSubmatch(p.text[last].text); said != nil {
					inside.kind, inside.of = said[1], said[2]
				}
			}
		default:
			p.text = append(p.text, line{i + 1, text})
		}
	}
	if inside != nil {
		p.blocks = append(p.blocks, block{line: inside.line, content: "a fence without an end"})
	}
	return p
}

func TestEveryBlockSaysWhatItIs(t *testing.T) {
	for _, p := range pages(t) {
		for i, b := range p.blocks {
			switch b.kind {
			case "":
				t.Errorf("%s: the block has no comment before it that says what it is: see docs/README.md", p.at(b.line))
			case "not run", "go", "recipe", "excerpt":
				if b.of == "" {
					t.Errorf("%s: the comment says %q and not why, or of which file", p.at(b.line), b.kind)
				}
			case "output":
				if i == 0 || p.blocks[i-1].kind != "run" && p.blocks[i-1].kind != "eventually" {
					t.Errorf("%s: this output is of no command: the block before it is not run", p.at(b.line))
				}
			case "eventually":
				if i+1 == len(p.blocks) || p.blocks[i+1].kind != "output" {
					t.Errorf("%s: this is repeated until its output is as shown, and no output is shown", p.at(b.line))
				}
			}
		}
	}
}

// missing is the first piece of what is shown that what there is does not have, in order; "" when
// all are there. White space does not count, "…" stands for anything.
func missing(shown, there string) string {
	rest := squeeze(there)
	for piece := range strings.SplitSeq(shown, "…") {
		_, after, found := strings.Cut(rest, squeeze(piece))
		if !found {
			return strings.TrimSpace(piece)
		}
		rest = after
	}
	return ""
}

func squeeze(text string) string { return strings.Join(strings.Fields(text), "") }

func TestWhatIsComparedMayLeaveOutAndNotAdd(t *testing.T) {
	there := "HTTP/1.1 201 Created\nDate: today\n{\"status\": \"confirmed\", \"version\":4}"
	for shown, lacks := range map[string]string{
		"HTTP/1.1 201 Created\n…{\"status\":\"confirmed\",\n \"version\":4}": "",
		"HTTP/1.1 202…":          "HTTP/1.1 202",
		"\"version\":4…Created":  "Created",
		"Created\n…\"version\":": "",
	} {
		require.Equal(t, lacks, missing(shown, there), shown)
	}
}
