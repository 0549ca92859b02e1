package rest

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/ordersaga/ordersaga/platform/text"
)

// What a problem says at most, in characters. More than that is a client's own text, which it has.
const (
	maxDetail = 2000
	maxField  = 200
	maxFaults = 100
)

// sentence gives a message its full stop. Its first letter stays as it is: it may be that of an
// identifier, and another letter may be another product.
func sentence(message string) string {
	if message == "" || strings.ContainsAny(message[len(message)-1:], ".!?") {
		return message
	}
	return message + "."
}

// clean makes each text in a JSON value safe to show.
func clean(value any) any {
	switch value := value.(type) {
	case string:
		return text.Line(value, maxField)
	case []any:
		for i := range value {
			value[i] = clean(value[i])
		}
	case map[string]any:
		for name := range value {
			value[name] = clean(value[name])
		}
	}
	return value
}

// format is fmt.Sprintf that writes whole numbers as such: limits are kept as floats, and
// 9.007199254740991e+15 is nobody's idea of a limit.
func format(layout string, values ...any) string {
	for i, value := range values {
		if number, ok := value.(float64); ok && number == math.Trunc(number) && math.Abs(number) < 1<<63 {
			values[i] = strconv.FormatInt(int64(number), 10)
		}
	}
	return fmt.Sprintf(layout, values...)
}
