package strictjson

import (
	"encoding/json"
	"strconv"
	"strings"
)

// maxDigits of an integer that is written out: those of an int64, and no million of zeros for
// 1e1000000.
const maxDigits = 19

// Integers writes every number that is an integer without a fraction or an exponent, so that 1.0
// and 1e2 are read as the integers they are: JSON has one kind of number, and JSON Schema calls
// each of them an integer whose fraction is zero. Others stay as they are. The data is valid JSON;
// it is copied only when something changes.
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

// integerOf writes a number with a fraction or an exponent as the integer it is, when it is one of
// at most maxDigits digits.
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

// PathAt is where in the data the byte at an offset is, or ends: "lines[3].quantity", and empty for
// the whole. The data is valid JSON.
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
				// A name that does not decode cannot be: the data is valid.
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

// afterString is the place behind the string that begins at i.
func afterString(data []byte, i int) int {
	for i++; i < len(data) && data[i] != '"'; i++ {
		if data[i] == '\\' {
			i++
		}
	}
	return min(i+1, len(data))
}
