// Package text makes untrusted text safe to show and to store: text of a customer, a seller, a
// payment provider or another program.
//
// There is one function per purpose:
//
//   - [Check] for input: refuses characters that are not needed in a name or mislead readers.
//   - [Line] before text is stored, sent on or logged: one line, valid UTF-8, bounded.
//   - [Terminal] before text is printed in a terminal: hidden characters are shown escaped.
//   - [JSON] before JSON is printed in a terminal: the same, and it stays the same JSON.
//   - [Markdown] before text is put into Markdown, as the Temporal Web UI shows it.
//
// [Terminal] and [Markdown] show hidden characters, for readers of data; [Line] drops them, for
// readers of messages.
package text

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Errors of Check.
var (
	// ErrEncoding is text that is not UTF-8.
	ErrEncoding = errors.New("is not valid UTF-8")
	// ErrHidden is text with a character that cannot be seen or that changes how others are shown.
	ErrHidden = errors.New("holds a character that cannot be seen or changes the direction of the text")
	// ErrBlank is text with characters of which none can be seen.
	ErrBlank = errors.New("has no character that can be seen")
)

// Check checks that text can be used as the name of something. It refuses text that is not UTF-8
// (ErrEncoding), that has a control character, a line end, a character that sets the direction of
// text, or an invisible one (ErrHidden, with the character and its position), and text without a
// visible character (ErrBlank), also empty text.
//
// Joiners and variation selectors are accepted next to visible characters: Persian, Indic scripts
// and emoji need them. Further characters, such as line ends in a description, can be allowed.
func Check(s string, allowed ...rune) error {
	if !utf8.ValidString(s) {
		return ErrEncoding
	}
	blank := true
	position := 0
	for _, r := range s {
		position++
		if hidden(r) && !contains(allowed, r) {
			return fmt.Errorf("%w: U+%04X at character %d", ErrHidden, r, position)
		}
		blank = blank && !visible(r)
	}
	if blank {
		return ErrBlank
	}
	return nil
}

// Line returns text on one line, to store, send on or log. White space and line ends become single
// spaces, none at the ends; hidden characters are dropped; bytes that are not UTF-8 become U+FFFD.
// The result has at most limit characters (runes, so at most four times as many bytes), the last of
// which is "…" when there was more. Text without a visible character becomes "".
func Line(s string, limit int) string {
	var line builder
	for i := 0; i < len(s) && line.runes <= limit; {
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		switch {
		case unicode.IsSpace(r) || unicode.Is(unicode.Z, r):
			line.space = line.runes > 0
		case !hidden(r):
			line.write(r)
		}
	}
	if !line.seen {
		return ""
	}
	return cut(line.String(), limit)
}

// Terminal returns text that can be printed in a terminal, on one line: characters that are
// invisible, move the cursor, change colours or the direction of text are escaped as in a Go string
// (\x1b, \n, \u202e). Spaces of any width become ordinary ones. All other characters do not change.
func Terminal(s string) string {
	var line strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			line.WriteString(fmt.Sprintf(`\x%02x`, s[i]))
		case unicode.Is(unicode.Zs, r):
			line.WriteByte(' ')
		case visible(r):
			line.WriteRune(r)
		default:
			quoted := strconv.AppendQuoteRuneToASCII(nil, r)
			line.Write(quoted[1 : len(quoted)-1])
		}
		i += size
	}
	return line.String()
}

// JSON returns JSON that can be printed in a terminal: in strings, characters that are invisible or
// change the direction of text are escaped as \uXXXX, so the value is the same. Line ends and
// indents between members do not change. Bytes that are not UTF-8 become \ufffd.
func JSON(document []byte) []byte {
	var shown []byte
	for len(document) > 0 {
		r, size := utf8.DecodeRune(document)
		switch {
		case r == '\n' || r == ' ' || visible(r) && !(r == utf8.RuneError && size == 1):
			shown = append(shown, document[:size]...)
		default:
			for _, unit := range utf16.Encode([]rune{r}) {
				shown = fmt.Appendf(shown, `\u%04x`, unit)
			}
		}
		document = document[size:]
	}
	return shown
}

// Count formats a number with its noun: "1 line", "2 lines".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// cut shortens text to a number of characters.
func cut(s string, limit int) string {
	if limit <= 0 {
		return ""
	}
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	runes := []rune(s)
	return strings.TrimRight(string(runes[:limit-1]), " ") + "…"
}

// builder builds a line; it writes a space only before a further character.
type builder struct {
	strings.Builder
	runes int
	space bool
	seen  bool
}

func (b *builder) write(r rune) {
	if b.space {
		b.space = false
		b.WriteByte(' ')
		b.runes++
	}
	b.WriteRune(r)
	b.runes++
	b.seen = b.seen || visible(r)
}

func contains(runes []rune, r rune) bool {
	for _, one := range runes {
		if one == r {
			return true
		}
	}
	return false
}
