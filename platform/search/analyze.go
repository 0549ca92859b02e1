package search

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
	"golang.org/x/text/unicode/norm"
)

const (
	// maxToken is how many bytes of a token count.
	maxToken = 64
	// maxTokens is how many tokens of a text are indexed.
	maxTokens = 2000
)

// token is a run of letters and digits, and where it stands in its text, in bytes.
type token struct {
	term       string // in small letters, without accents
	start, end int
	// glued is true when only a hyphen or the like stands before it: "light" of "t-light".
	glued bool
}

// tokensOf cuts a text. An apostrophe within a word is no border: "children's" is "childrens".
func tokensOf(text string) []token {
	var tokens []token
	var term strings.Builder
	start, end := -1, 0
	glued := false
	finish := func() {
		if start >= 0 {
			tokens = append(tokens, token{term: term.String(), start: start, end: end, glued: glued && len(tokens) > 0})
			glued = true
		}
		start = -1
		term.Reset()
	}
	for i, r := range text {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if start < 0 {
				start = i
			}
			if term.Len() < maxToken {
				term.WriteString(fold(r))
			}
			end = i + utf8.RuneLen(r)
		case unicode.Is(unicode.Mn, r), start >= 0 && (r == '\'' || r == '’'):
			// An accent of its own, or an apostrophe.
		case r == '-' || r == '_' || r == '/' || r == '.' || unicode.Is(unicode.Pd, r):
			finish()
		default:
			finish()
			glued = false
		}
		if len(tokens) == maxTokens {
			return tokens
		}
	}
	finish()
	return tokens
}

// fold is a letter in small, without its accents.
func fold(r rune) string {
	if r < utf8.RuneSelf {
		return string(unicode.ToLower(r))
	}
	var folded strings.Builder
	for _, part := range norm.NFKD.String(string(unicode.ToLower(r))) {
		if !unicode.Is(unicode.Mn, part) {
			folded.WriteRune(part)
		}
	}
	return folded.String()
}

// stem is what an English word has in common with its other forms: "bags" and "bag".
func stem(term string) string {
	env := snowballstem.NewEnv(term)
	english.Stem(env)
	return env.Current()
}

// termsOf is what is indexed of a text: its tokens, and each two neighbours as one, so that
// "t light", "t-light" and "tlight" have one term in common. Two whole words that only stand beside
// each other are pairs, which have no beginnings: "bagg" is no beginning of "bag green". Stems are
// those of all.
func termsOf(text string) (terms, pairs, stems []string) {
	tokens := tokensOf(text)
	for i, t := range tokens {
		terms = append(terms, t.term)
		if i == 0 {
			continue
		}
		joined := tokens[i-1].term + t.term
		if t.glued || utf8.RuneCountInString(tokens[i-1].term) == 1 {
			terms = append(terms, joined)
		} else {
			pairs = append(pairs, joined)
		}
	}
	for _, term := range append(slices.Clone(terms), pairs...) {
		stems = append(stems, stem(term))
	}
	return terms, pairs, stems
}

// word of a query.
type word struct {
	term, stem string
	// parts are the tokens that it was made of, when these were two.
	parts []string
	// joined are the word with the one before it and with the one behind it.
	joined []string
	// weak is a word that a document need not have: "the" of "bag for the beach". The last one never
	// is, which may be unfinished.
	weak bool
}

// stopWords are those that a text has between the words that say what is wanted.
var stopWords = []string{"a", "an", "and", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"}

// wordsOf cuts a query's text. A token of one character and the one behind it are one word, and so
// are two that are held together by a hyphen: "t light" and "t-light" are "tlight".
func wordsOf(text string) []word {
	tokens := tokensOf(text)
	var words []word
	for i := 0; i < len(tokens); i++ {
		w := word{term: tokens[i].term}
		w.weak = i+1 < len(tokens) && slices.Contains(stopWords, w.term) && !tokens[i].glued && !tokens[i+1].glued
		if i+1 < len(tokens) && !w.weak && (utf8.RuneCountInString(w.term) == 1 || pair(tokens, i)) {
			w.parts = []string{w.term, tokens[i+1].term}
			w.term += tokens[i+1].term
			i++
		}
		w.stem = stem(w.term)
		words = append(words, w)
	}
	for i := range words {
		if i > 0 {
			words[i].joined = append(words[i].joined, words[i-1].term+words[i].term)
		}
		if i+1 < len(words) {
			words[i].joined = append(words[i].joined, words[i].term+words[i+1].term)
		}
	}
	return words
}

// pair tells whether a token and the next are held together, and no others with them: of a longer
// chain, as in a UUID, each is a word.
func pair(tokens []token, i int) bool {
	glued := func(i int) bool { return i < len(tokens) && tokens[i].glued }
	return glued(i+1) && !glued(i) && !glued(i+2)
}
