package text

import (
	"strings"
	"unicode"
)

// Markdown escapes text for a line of Markdown, with hidden characters escaped as by Terminal:
// nothing in it is emphasis, code, a table's border, HTML, an entity, a list, a heading or a link.
// The shown text has at most limit characters; the source has up to twice as many.
//
// Markup is escaped by a backslash (CommonMark, GitHub's tables). Addresses that GitHub's dialect
// turns into links (https://, www., mail addresses) cannot be escaped so; one of their characters
// is replaced by a similar one. The Temporal Web UI also replaces {namespace} and similar
// placeholders, so braces are escaped.
func Markdown(s string, limit int) string {
	runes := []rune(cut(strings.TrimSpace(Terminal(s)), limit))
	var line strings.Builder
	for i, r := range runes {
		r = unlinked(runes, i)
		if escaped(runes, i) {
			line.WriteByte('\\')
		}
		line.WriteRune(r)
	}
	return line.String()
}

// escaped reports whether a character would be markup at its place.
func escaped(line []rune, i int) bool {
	switch line[i] {
	case '\\', '`', '*', '[', ']', '{', '}', '<', '>', '|', '~', '&', '$':
		return true
	case '_': // within a word it is no markup
		return !(i > 0 && i+1 < len(line) && wordly(line[i-1]) && wordly(line[i+1]))
	case '#', '+', '-', '=':
		return i == 0 // a heading, a list, a rule
	case '.', ')':
		return i > 0 && digits(line[:i]) // a numbered list
	default:
		return false
	}
}

// unlinked returns the character, or a similar one where it would make a link.
func unlinked(line []rune, i int) rune {
	switch {
	case line[i] == ':' && i+2 < len(line) && line[i+1] == '/' && line[i+2] == '/':
		return '∶'
	case line[i] == '.' && i >= 3 && strings.EqualFold(string(line[i-3:i]), "www"):
		return '․'
	case line[i] == '@' && i > 0 && i+1 < len(line) && line[i-1] != ' ' && line[i+1] != ' ':
		return '＠'
	default:
		return line[i]
	}
}

func wordly(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

func digits(line []rune) bool {
	for _, r := range line {
		if r < '0' || r > '9' {
			return false
		}
	}
	return true
}
