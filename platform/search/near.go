package search

import "unicode/utf8"

// Matches tells whether a term is near enough: the optimal string alignment distance (Damerau and
// Levenshtein, without edits of what was edited before), in characters.
func (n Near) Matches(term string) bool {
	if d := utf8.RuneCountInString(term) - utf8.RuneCountInString(n.Value); d > n.Edits || -d > n.Edits {
		return false
	}
	x, y := []rune(n.Value), []rune(term)
	var room [3 * (maxToken + 2)]int
	width := len(y) + 1
	rows := room[:]
	if 3*width > len(rows) {
		rows = make([]int, 3*width)
	}
	before, last, next := rows[:width], rows[width:2*width], rows[2*width:3*width]
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		next[0] = i
		least := i
		for j := 1; j <= len(y); j++ {
			other := 1
			if x[i-1] == y[j-1] {
				other = 0
			}
			next[j] = min(last[j]+1, next[j-1]+1, last[j-1]+other)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
			least = min(least, next[j])
		}
		if least > n.Edits+1 {
			return false
		}
		before, last, next = last, next, before
	}
	return last[len(y)] <= n.Edits
}
