package strictjson

import (
	"encoding/json"
	"strconv"
	"strings"
)

// maxDigits bounds an integer that is written out: enough for an int64, and never a million zeros
// for 1e1000000.
const maxDigits = 19

// Integers rewrites integers such as 1.0 and 1e2 without fraction and exponent, because
// encoding/json does not decode them into an int: JSON Schema calls a number with a zero fraction
// an integer. Other numbers do not change. The data must be valid JSON; it is copied only when
// something changes.
func Integers(data []byte) []byte {
	var out []byte
	copied := 0
	for i := 0; i < len(data); {
		switch c := data[i]; {
		case c == '"':
			i = afterString(data, i)
		case c == '-' || c >= '0' && c <= '9':
			end := i
			for end < len(data) && strings.IndexByte("+-.0123456789Ee", data[end]) >= 0 {
				end++
			}
			if integer, ok := integerOf(string(data[i:end])); ok {
				out = append(append(out, data[copied:i]...), integer...)
				copied = end
			}
			i = end
		default:
			i++
		}
	}
	if out == nil {
		return data
	}
	return append(out, data[copied:]...)
}

// integerOf rewrites a number with a fraction or an exponent as an integer, when it is one of at
// most maxDigits digits.
func integerOf(number string) (integer string, ok bool) {
	if !strings.ContainsAny(number, ".eE") {
		return "", false
	}
	digits, sign := strings.CutPrefix(number, "-")
	mantissa, power := digits, 0
	if at := strings.IndexAny(digits, "eE"); at >= 0 {
		mantissa = digits[:at]
		var err error
		if power, err = strconv.Atoi(digits[at+1:]); err != nil {
			return "", false
		}
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits = strings.TrimLeft(whole+fraction, "0")
	power -= len(fraction)
	if digits == "" {
		return "0", true
	}
	significant := strings.TrimRight(digits, "0")
	power += len(digits) - len(significant)
	if power < 0 || power > maxDigits || len(significant)+power > maxDigits {
		return "", false
	}
	integer = significant + strings.Repeat("0", power)
	if sign {
		integer = "-" + integer
	}
	return integer, true
}

// PathAt returns the path of the value at an offset: "lines[3].quantity", empty for the whole. The
// data must be valid JSON.
func PathAt(data []byte, offset int64) string {
	type level struct {
		array bool
		index int
		name  string
	}
	var open []level
	nameNext := false
	for i := 0; i < len(data) && int64(i) < offset; {
		switch c := data[i]; c {
		case '{', '[':
			open = append(open, level{array: c == '['})
			nameNext = c == '{'
			i++
		case '}', ']':
			open = open[:len(open)-1]
			nameNext = false
			i++
		case ',':
			nameNext = !open[len(open)-1].array
			if !nameNext {
				open[len(open)-1].index++
			}
			i++
		case '"':
			end := afterString(data, i)
			if nameNext {
				// Decoding cannot fail: the data is valid.
				_ = json.Unmarshal(data[i:end], &open[len(open)-1].name)
				nameNext = false
			}
			i = end
		default:
			i++
		}
	}
	var path strings.Builder
	for _, l := range open {
		if l.array {
			path.WriteString("[" + strconv.Itoa(l.index) + "]")
		} else if l.name != "" {
			path.WriteString("." + l.name)
		}
	}
	return strings.TrimPrefix(path.String(), ".")
}

// afterString returns the offset after the string that begins at i.
func afterString(data []byte, i int) int {
	for i++; i < len(data) && data[i] != '"'; i++ {
		if data[i] == '\\' {
			i++
		}
	}
	return min(i+1, len(data))
}
