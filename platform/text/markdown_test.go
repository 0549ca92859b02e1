package text_test

import (
	"bytes"
	"html"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"

	"github.com/ordersaga/ordersaga/platform/text"
)

// alike has the characters that Markdown writes in place of what cannot be escaped.
var alike = strings.NewReplacer("∶", ":", "․", ".", "＠", "@")

var anyTag = regexp.MustCompile(`<[^>]*>`)

// render turns Markdown of GitHub's dialect into HTML.
func render(t *testing.T, source string) string {
	t.Helper()
	var page bytes.Buffer
	require.NoError(t, goldmark.New(goldmark.WithExtensions(extension.GFM)).Convert([]byte(source), &page))
	return strings.TrimSpace(page.String())
}

// shown is what a reader of a page sees.
func shown(page string) string {
	return alike.Replace(strings.TrimSpace(html.UnescapeString(anyTag.ReplaceAllString(page, ""))))
}

var tricky = []string{
	"TEA_1", "_tea_", "__tea__", "*tea*", "**tea**", "`tea`", "~~tea~~", "tea | pot", "# tea", "- tea", "+ tea", "1. tea", "2) tea", "---", "===",
	"> tea", "[tea](https://evil.example)", "![tea](https://evil.example/x.png)", "<script>alert(1)</script>", "<https://evil.example>",
	"https://evil.example/pay", "http://evil.example", "HTTPS://EVIL.EXAMPLE", "www.evil.example", "WWW.evil.example", "ann@evil.example",
	"mailto:ann@evil.example", "xmpp:ann@evil.example", "&lt;b&gt;", "&#x202e;tea", "\\*tea\\*", "tea\\", "[^1]", "[x] tea", "{namespace} {workflowId}",
	"$x$", "a\nb", "a\u2028b", "tea\u202epng.exe", "\u200b", "    tea", "tea\ttea", "äußerst", "煎茶 🍵", "|---|", ": tea", "a  \nb", "<!-- tea",
}

func TestMarkdownShowsTextAsItIs(t *testing.T) {
	for _, given := range tricky {
		want := strings.TrimSpace(text.Terminal(given))

		line := render(t, text.Markdown(given, 100))
		assert.Equal(t, want, shown(line), "%q", given)
		assert.Equal(t, []string{"<p>", "</p>"}, anyTag.FindAllString(line, -1), "%q is a paragraph of text and nothing else", given)

		table := render(t, "| SKU | name |\n|---|---|\n| 1 | "+text.Markdown(given, 100)+" |\n")
		cells := regexp.MustCompile(`(?s)<td>(.*?)</td>`).FindAllStringSubmatch(table, -1)
		if assert.Len(t, cells, 2, "%q stays in its cell: %s", given, table) {
			assert.Equal(t, want, shown(cells[1][1]), "%q", given)
			assert.NotContains(t, cells[1][1], "<", "%q is text in its cell", given)
		}
	}
}

func TestMarkdownIsBounded(t *testing.T) {
	assert.Equal(t, "tea…", text.Markdown("teapot", 4))
	assert.Equal(t, strings.Repeat(`\*`, 9)+"…", text.Markdown(strings.Repeat("*", 100), 10))
	assert.Empty(t, text.Markdown("  ", 10))
}

func FuzzMarkdown(f *testing.F) {
	for _, seed := range tricky {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, given string) {
		source := text.Markdown(given, 60)
		require.True(t, utf8.ValidString(source))
		require.LessOrEqual(t, utf8.RuneCountInString(source), 120)
		if source == "" {
			return
		}
		require.Equal(t, []string{"<p>", "</p>"}, anyTag.FindAllString(render(t, source), -1), "%q", source)
	})
}
