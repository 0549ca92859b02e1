package strictjson

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestStrictJSONTakesWhatIsGood(t *testing.T) {
	for _, good := range []string{
		`0`, `"x"`, `null`, ` [ ] `, `{}`, `{"a":{"a":1},"b":[{"a":1},{"a":2}]}`,
		`{"":1,"a":""}`, `"\\u0000 \\ud800"`, `"\ud83c\udf75"`, `"\uFFFD"`, "\"\ufffd\"", `{"a":"b","b":"a"}`,
	} {
		assert.NoError(t, Check([]byte(good)), good)
	}
	for _, bad := range []string{
		``, ` `, `{`, `{}{}`, `nul`, `"\u0000"`, `"\ud800"`, `"\udf75"`, `"\ud83cx"`, `"\ud83c\u0041"`, `"\ud83c\ud83c"`,
		`{"a":1,"a":1}`, `{"a":1,"\u0061":1}`, `[{"a":[{"b":1,"b":2}]}]`, `{"a":{"x":1},"a":{"y":1}}`, "\"\xff\"", `01`, `'a'`, `{a:1}`, `[1,]`,
	} {
		assert.Error(t, Check([]byte(bad)), bad)
	}
}

// FuzzStrictJSON looks for input that the check lets through although two readers could disagree
// about it.
func FuzzStrictJSON(f *testing.F) {
	for _, seed := range []string{
		`{"lines":[{"sku":"TEA","quantity":2}]}`, `{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `"\ud83c\udf75"`, `"\ud800"`,
		`"\u0000"`, `[[[[]]]]`, `{"a":{"a":{"a":{}}}}`, `1e400`, `"\\u0000"`, "\"\xff\"", `{}{}`, `{"a":[{"b":1},{"b":2}],"b":[]}`, `"\\\ud800"`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if Check(data) != nil {
			return
		}
		require.True(t, utf8.Valid(data))
		require.True(t, json.Valid(data))
		var decoded any
		if json.Unmarshal(data, &decoded) != nil {
			return // a number out of range: refused by the decoder itself
		}
		// Encoding writes each name once. Had one been there twice, fewer names would be left than
		// there were.
		encoded, err := json.Marshal(decoded)
		require.NoError(t, err)
		require.Equal(t, names(t, data), names(t, encoded), "a name was lost: it was there twice")
		walkText(decoded, func(text string) {
			require.NotContains(t, text, "\x00")
			if strings.ContainsRune(text, utf8.RuneError) {
				require.True(t, strings.ContainsRune(string(data), utf8.RuneError) || strings.Contains(strings.ToLower(string(data)), `\ufffd`),
					"half a character was replaced")
			}
		})
	})
}

// names counts the colons outside of strings: one for each name.
func names(t *testing.T, data []byte) int {
	t.Helper()
	count, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch {
		case quoted && data[i] == '\\':
			i++
		case data[i] == '"':
			quoted = !quoted
		case !quoted && data[i] == ':':
			count++
		}
	}
	return count
}

func walkText(value any, visit func(string)) {
	switch v := value.(type) {
	case string:
		visit(v)
	case []any:
		for _, element := range v {
			walkText(element, visit)
		}
	case map[string]any:
		for name, element := range v {
			visit(name)
			walkText(element, visit)
		}
	}
}
