package search

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Scores of a match, which a text's weight multiplies. A word counts once in a document, with its
// best match.
const (
	scoreExact  = 10
	scoreStem   = 9
	scoreParts  = 8
	scorePrefix = 6
	scoreNear   = 3
)

// Fields that every entry has besides those of its schema.
const (
	idField     = "id"     // a keyword, the last sort key
	lengthField = "length" // a number: the tokens of the title
	titleField  = "title_order"
)

// Fields of a text: its terms and their stems.
func termsField(text string) string { return text + "_terms" }
func stemsField(text string) string { return text + "_stems" }

// Layout names the fields of the entries of a schema.
func (s Schema) Layout() Layout {
	l := Layout{
		Keywords: append([]string{idField, titleField}, s.Keywords...),
		Numbers:  append([]string{lengthField}, s.Numbers...),
	}
	for _, t := range s.Texts {
		l.Terms = append(l.Terms, termsField(t.Name), stemsField(t.Name))
	}
	return l
}

func (x *Index) plan(q Query, words []word, wide bool) Plan {
	p := Plan{Facets: q.Facets, Limit: q.Limit + 1, After: q.After.After}
	if len(words) > 0 {
		sum := Sum{Least: least(len(words), wide)}
		for _, w := range words {
			sum.Nodes = append(sum.Nodes, x.match(w, wide))
		}
		p.Match = sum
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
		for _, joined := range w.joined {
			add(text.Weight, scoreExact, Term{Field: terms, Value: joined})
		}
		add(text.Weight, scoreStem, Term{Field: stems, Value: w.stem})
		if len(w.parts) > 0 {
			add(text.Weight, scoreParts, All{Term{Field: stems, Value: stem(w.parts[0])}, Term{Field: stems, Value: stem(w.parts[1])}})
		}
		add(text.Weight, scorePrefix, Prefix{Field: terms, Value: w.term})
		if edits := edits(w.term); wide && edits > 0 {
			add(text.Weight, scoreNear, Near{Field: terms, Value: w.term, Edits: edits})
			add(text.Weight, scoreNear, Near{Field: stems, Value: w.stem, Edits: edits})
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
	case n < 8:
		return 1
	default:
		return 2
	}
}

// titleOrder is a title as titles are ordered: in small letters, without signs.
func titleOrder(title string) string {
	tokens := tokensOf(title)
	terms := make([]string, len(tokens))
	for i, t := range tokens {
		terms[i] = t.term
	}
	return cut(strings.Join(terms, " "), maxKeyword)
}
