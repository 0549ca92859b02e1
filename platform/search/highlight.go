package search

import (
	"html"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	markBegin, markEnd = "<mark>", "</mark>"
	// maxHighlight is how many bytes of a text a highlight has before it is escaped, about.
	maxHighlight = 240
	// lead is how many of these stand before what was found, when a text is cut.
	lead = 60
)

// highlight marks the words in those texts that have any.
func (x *Index) highlight(texts map[string]string, words []word, wide bool) map[string]string {
	marked := make(map[string]string)
	for name, text := range texts {
		if found := spans(text, words, wide); len(found) > 0 {
			marked[name] = mark(text, found)
		}
	}
	return marked
}

// span is a part of a text, in bytes.
type span struct{ start, end int }

func spans(text string, words []word, wide bool) []span {
	var found []span
	tokens := tokensOf(text)
	for i, t := range tokens {
		switch {
		case matches(t.term, words, wide):
			found = append(found, span{t.start, t.end})
		case i+1 < len(tokens) && matchesPair(t.term+tokens[i+1].term, words):
			found = append(found, span{t.start, tokens[i+1].end})
		}
	}
	// Of spans that overlap one is made.
	merged := found[:0]
	for _, s := range found {
		if n := len(merged); n > 0 && s.start <= merged[n-1].end {
			merged[n-1].end = max(merged[n-1].end, s.end)
			continue
		}
		merged = append(merged, s)
	}
	return merged
}

func matches(term string, words []word, wide bool) bool {
	stemmed := stem(term)
	return slices.ContainsFunc(words, func(w word) bool {
		if w.weak {
			return term == w.term
		}
		if strings.HasPrefix(term, w.term) || stemmed == w.stem || slices.Contains(w.parts, term) && utf8.RuneCountInString(term) > 1 {
			return true
		}
		if slices.Contains(w.joined, term) {
			return true
		}
		near := func(value, found string) bool {
			most := edits(value)
			return most > 0 && Near{Value: value, Edits: most}.Matches(found)
		}
		return wide && (near(w.term, term) || near(w.stem, stemmed))
	})
}

// matchesPair tells whether two neighbours are a word of the query when they are written as one.
func matchesPair(joined string, words []word) bool {
	stemmed := stem(joined)
	return slices.ContainsFunc(words, func(w word) bool { return joined == w.term || stemmed == w.stem })
}

// mark escapes a text and marks parts of it. A long text is cut around the first of them, between
// words where that is possible.
func mark(text string, found []span) string {
	begin, end := 0, len(text)
	if len(text) > maxHighlight {
		begin = border(text, max(0, found[0].start-lead), found[0].start)
		end = len(text)
		if end > begin+maxHighlight {
			end = max(found[0].end, endBorder(text, begin+maxHighlight))
		}
	}
	var out strings.Builder
	if begin > 0 {
		out.WriteString("…")
	}
	at := begin
	for _, s := range found {
		if s.end > end {
			break
		}
		out.WriteString(html.EscapeString(text[at:s.start]))
		out.WriteString(markBegin)
		out.WriteString(html.EscapeString(text[s.start:s.end]))
		out.WriteString(markEnd)
		at = s.end
	}
	out.WriteString(html.EscapeString(text[at:end]))
	if end < len(text) {
		out.WriteString("…")
	}
	return out.String()
}

// border is where the first word behind a place begins, at most at another place.
func border(text string, from, most int) int {
	if from == 0 {
		return 0
	}
	for i := from; i < most; i++ {
		if r, size := utf8.DecodeRuneInString(text[i:]); utf8.RuneStart(text[i]) && unicode.IsSpace(r) {
			return i + size
		}
	}
	return most
}

// endBorder is where the last word before a place ends.
func endBorder(text string, before int) int {
	if i := strings.LastIndexFunc(text[:before], unicode.IsSpace); i > before-lead {
		return i
	}
	for before > 0 && !utf8.RuneStart(text[before]) {
		before--
	}
	return before
}
