package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ordersaga/ordersaga/platform/each"
)

// Scores of a match, which a text's weight multiplies. A word counts once in a document, with its
// best match.
const (
	scoreExact  = 10
	scoreStem   = 9
	scoreParts  = 8
	scorePrefix = 6
	scoreNear   = 3 // one typing error
	scoreFar    = 2 // two
)

// Fields that every entry has besides those of its schema.
const (
	idField     = "id"     // a keyword, the last sort key
	lengthField = "length" // a number: the tokens of the title
	titleField  = "title_order"
)

// Fields of a text: its terms, its pairs of words, and the stems of both.
func termsField(text string) string { return text + "_terms" }
func pairsField(text string) string { return text + "_pairs" }
func stemsField(text string) string { return text + "_stems" }

// Layout names the fields of the entries of a schema.
func (s Schema) Layout() Layout {
	l := Layout{
		Keywords: append([]string{idField, titleField}, s.Keywords...),
		Numbers:  append([]string{lengthField}, s.Numbers...),
	}
	for _, t := range s.Texts {
		l.Terms = append(l.Terms, termsField(t.Name), pairsField(t.Name), stemsField(t.Name))
	}
	return l
}

func (x *Index) plan(q Query, words []word, wide bool) Plan {
	p := Plan{Facets: q.Facets, Limit: q.Limit + 1, After: q.After.After}
	switch {
	case len(words) > 0:
		var sum Sum
		for _, w := range words {
			if w.weak {
				sum.Optional = append(sum.Optional, x.match(w, wide))
			} else {
				sum.Nodes = append(sum.Nodes, x.match(w, wide))
			}
		}
		sum.Least = least(len(sum.Nodes), wide)
		p.Match = sum
	case strings.TrimSpace(q.Text) != "":
		p.Match = Term{Field: idField, Value: ""} // signs alone: nothing has them
	}
	for _, f := range q.Filters {
		if len(f.Values) == 0 {
			p.Filters = append(p.Filters, Range{Field: f.Field, Min: f.Min, Max: f.Max})
			continue
		}
		var any Any
		for _, value := range f.Values {
			any = append(any, Term{Field: f.Field, Value: value})
		}
		p.Filters = append(p.Filters, any)
	}
	switch {
	case q.Sort.Field != "":
		p.Sort = append(p.Sort, Order{Field: q.Sort.Field, Number: x.number(q.Sort.Field), Descending: q.Sort.Descending})
	case len(words) > 0:
		p.Sort = append(p.Sort, Order{Descending: true}, Order{Field: lengthField, Number: true}, Order{Field: titleField})
	default:
		p.Sort = append(p.Sort, Order{Field: titleField})
	}
	p.Sort = append(p.Sort, Order{Field: idField})
	return p
}

// least is how many words a document must have: all of them, or, allowing for errors, all but one
// of three.
func least(words int, wide bool) int {
	if !wide {
		return words
	}
	return words - words/3
}

// match is how a document can have a word.
func (x *Index) match(w word, wide bool) Best {
	var best Best
	add := func(weight int, score float64, node Node) {
		best = append(best, Scored{Node: node, Score: float64(weight) * score})
	}
	for _, text := range x.schema.Texts {
		terms, stems := termsField(text.Name), stemsField(text.Name)
		add(text.Weight, scoreExact, Term{Field: terms, Value: w.term})
		if w.weak {
			continue
		}
		add(text.Weight, scoreExact, Term{Field: pairsField(text.Name), Value: w.term})
		for _, joined := range w.joined {
			add(text.Weight, scoreExact, Term{Field: terms, Value: joined})
		}
		add(text.Weight, scoreStem, Term{Field: stems, Value: w.stem})
		if len(w.parts) > 0 {
			add(text.Weight, scoreParts, All{Term{Field: stems, Value: stem(w.parts[0])}, Term{Field: stems, Value: stem(w.parts[1])}})
		}
		add(text.Weight, scorePrefix, Prefix{Field: terms, Value: w.term})
		if !wide {
			continue
		}
		for field, value := range map[string]string{terms: w.term, stems: w.stem} {
			for most := edits(value); most > 0; most-- {
				add(text.Weight, []float64{scoreNear, scoreFar}[most-1], Near{Field: field, Value: value, Edits: most})
			}
		}
	}
	return best
}

// edits is how many typing errors a word may have. One with a digit is a number or a code, of which
// the next one is another.
func edits(term string) int {
	switch n := utf8.RuneCountInString(term); {
	case n < 4, strings.ContainsFunc(term, unicode.IsDigit):
		return 0
	case n < 6:
		return 1
	default:
		return 2
	}
}

// titleOrder is a title as titles are ordered: in small letters, without signs.
func titleOrder(title string) string {
	terms := each.Map(tokensOf(title), func(t token) string { return t.term })
	return cut(strings.Join(terms, " "), maxKeyword)
}
