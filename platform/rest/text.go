package rest

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// What a problem says at most, in characters. More than that is a client's own text,
// which it has.
const (
	maxDetail = 2000
	maxField  = 200
	maxFaults = 100
)

// bounded is a text of at most limit characters, which are all valid.
func bounded(text string, limit int) string {
	text = strings.ToValidUTF8(text, string(utf8.RuneError))
	if len(text) <= limit || utf8.RuneCountInString(text) <= limit {
		return text
	}
	return string([]rune(text)[:limit-1]) + "…"
}

// format is fmt.Sprintf that writes whole numbers as such: limits are kept as floats,
// and 9.007199254740991e+15 is nobody's idea of a limit.
func format(layout string, values ...any) string {
	for i, value := range values {
		if number, ok := value.(float64); ok && number == math.Trunc(number) && math.Abs(number) < 1<<63 {
			values[i] = strconv.FormatInt(int64(number), 10)
		}
	}
	return fmt.Sprintf(layout, values...)
}
