package rest

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/ordersaga/ordersaga/platform/text"
)

// Bounds of a problem's texts, in characters, and of its list of errors.
const (
	maxDetail = 2000
	maxField  = 200
	maxFaults = 100
)

// sentence adds a full stop to a message. The first letter does not change, because it may be that
// of an identifier.
func sentence(message string) string {
	if message == "" || strings.ContainsAny(message[len(message)-1:], ".!?") {
		return message
	}
	return message + "."
}

// clean bounds and escapes each text in a JSON value.
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

// format is fmt.Sprintf that writes whole floats as integers: Huma keeps limits as floats, and
// would print 9.007199254740991e+15.
func format(layout string, values ...any) string {
	for i, value := range values {
		if number, ok := value.(float64); ok && number == math.Trunc(number) && math.Abs(number) < 1<<63 {
			values[i] = strconv.FormatInt(int64(number), 10)
		}
	}
	return fmt.Sprintf(layout, values...)
}
