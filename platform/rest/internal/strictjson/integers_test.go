package strictjson

import (
	"bytes"
	"encoding/json"
	"math/big"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestIntegersAreWrittenAsIntegers(t *testing.T) {
	for given, want := range map[string]string{
		`1.0`: `1`, `-1.0`: `-1`, `1e2`: `100`, `1.5e1`: `15`, `100e-2`: `1`, `1.20E+2`: `120`, `0.0`: `0`, `-0.0`: `0`, `0e99999`: `0`,
		`9223372036854775807.0`: `9223372036854775807`, `1e18`: `1000000000000000000`, `10000000000000000000000e-4`: `1000000000000000000`,
		`1`: `1`, `-0`: `-0`, `1.5`: `1.5`, `1e-1`: `1e-1`, `1e400`: `1e400`, `1e19`: `1e19`, `1e99999999999999999999`: `1e99999999999999999999`,
		`9007199254740993.5`:                           `9007199254740993.5`,
		`{"a":[1.0,"1.0 \" 2.0",{"1.0":2.0}],"b":3.0}`: `{"a":[1,"1.0 \" 2.0",{"1.0":2}],"b":3}`, `"1.0"`: `"1.0"`, ` 1.0 `: ` 1 `,
	} {
		assert.Equal(t, want, string(Integers([]byte(given))), given)
	}
}

func TestAPlaceInJSONIsNamed(t *testing.T) {
	data := []byte(`{"currency":"G,B}P","lines":[{"sku":"a[b","quantity":1},{"sku":"c","deep":[[1,2],[3]],"quant\u0069ty":9}],"after":true}`)
	for text, want := range map[string]string{
		`"G,B}P"`: "currency", `a[b`: "lines[0].sku", `:1}`: "lines[0].quantity", `9}`: "lines[1].quantity", `3]`: "lines[1].deep[1][0]",
		`,2]`: "lines[1].deep[0][1]", `true`: "after",
	} {
		at := indexOf(t, data, text)
		assert.Equal(t, want, PathAt(data, at+int64(len(text))-1), text)
	}
	assert.Empty(t, PathAt([]byte(`17`), 2))
}

func indexOf(t *testing.T, data []byte, text string) int64 {
	t.Helper()
	for i := range data {
		if i+len(text) <= len(data) && string(data[i:i+len(text)]) == text {
			return int64(i)
		}
	}
	require.Fail(t, "not in the data", text)
	return 0
}

// FuzzIntegers looks for a number that is another one afterwards.
func FuzzIntegers(f *testing.F) {
	for _, seed := range []string{`1.0`, `[1e2,-3.50,"1.0"]`, `{"a":1.5e1}`, `0.000e9`, `1e400`, `"\"1.0"`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if Check(data) != nil {
			return
		}
		before, after := numbers(t, data), numbers(t, Integers(data))
		require.Len(t, after, len(before))
		for i := range before {
			was, ok := new(big.Rat).SetString(before[i])
			if !ok || len(before[i]) > 40 {
				continue
			}
			is, ok := new(big.Rat).SetString(after[i])
			require.True(t, ok)
			require.Zero(t, was.Cmp(is), "%s became %s", before[i], after[i])
		}
	})
}

// numbers of the data whose exponents are small enough to calculate with.
func numbers(t *testing.T, data []byte) (found []string) {
	t.Helper()
	var decoded any
	if json.Unmarshal(data, &decoded) != nil {
		return nil // out of range
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	for {
		token, err := decoder.Token()
		if err != nil {
			return found
		}
		if number, ok := token.(json.Number); ok {
			found = append(found, number.String())
		}
	}
}
