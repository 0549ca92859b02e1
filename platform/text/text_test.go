package text_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/text"
)

func TestANameIsRefusedForWhatMisleadsItsReaders(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want error
	}{
		"empty":                    {"", text.ErrBlank},
		"spaces":                   {"  ", text.ErrBlank},
		"ideographic spaces":       {"\u3000\u00a0", text.ErrBlank},
		"zero width spaces":        {"\u200b\u200b", text.ErrHidden},
		"joiners alone":            {"\u200d\u200c", text.ErrBlank},
		"variation selector alone": {"\ufe0f", text.ErrBlank},
		"Hangul filler":            {"\u3164", text.ErrBlank},
		"empty Braille pattern":    {"\u2800", text.ErrBlank},
		"not UTF-8":                {"tea\xff", text.ErrEncoding},
		"NUL":                      {"tea\x00", text.ErrHidden},
		"ESC":                      {"\x1b[31mtea", text.ErrHidden},
		"C1 control":               {"tea\u009b31m", text.ErrHidden},
		"delete":                   {"tea\x7f", text.ErrHidden},
		"line end":                 {"tea\npot", text.ErrHidden},
		"line separator":           {"tea\u2028pot", text.ErrHidden},
		"paragraph separator":      {"tea\u2029pot", text.ErrHidden},
		"right-to-left override":   {"tea\u202egnp.exe", text.ErrHidden},
		"isolate":                  {"tea\u2066pot", text.ErrHidden},
		"right-to-left mark":       {"tea\u200fpot", text.ErrHidden},
		"zero width space":         {"te\u200ba", text.ErrHidden},
		"byte order mark":          {"\ufefftea", text.ErrHidden},
		"soft hyphen":              {"te\u00ada", text.ErrHidden},
		"tag":                      {"tea\U000e0041", text.ErrHidden},
		"noncharacter":             {"tea\uffff", text.ErrHidden},

		"English":  {"Sencha Uji, 100 g", nil},
		"German":   {"Äußerst feiner Tee", nil},
		"Japanese": {"煎茶\u3000宇治", nil},
		"Persian":  {"چای\u200cخوری", nil},
		"Hebrew":   {"תה ירוק", nil},
		"emoji":    {"👩\u200d🌾 ❤\ufe0f", nil},
	} {
		t.Run(name, func(t *testing.T) {
			err := text.Check(test.text)
			if test.want == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, test.want)
		})
	}
	assert.NoError(t, text.Check("first\nsecond\t.", '\n', '\t'))
	assert.EqualError(t, text.Check("tea\u202e"),
		"holds a character that cannot be seen or changes the direction of the text: U+202E at character 4")
}

func TestALineIsCleanAndBounded(t *testing.T) {
	for given, want := range map[string]string{
		"":                             "",
		" insufficient  funds ":        "insufficient funds",
		"line one\r\nline two\ttab":    "line one line two tab",
		"a\u2028b\u2029c\u00a0d\u3000": "a b c d",
		"\x00card\x1b[31m \x07refused": "card[31m refused",
		"pay\u202eon\u2066\u200bline":  "payonline",
		"tea\xff\xfe!":                 "tea\ufffd\ufffd!",
		"\u200b \u200d\u3164\ufe0f":    "",
		"äußerst":                      "äußerst",
		"123456789012":                 "123456789012",
		"1234567890123":                "12345678901…",
		"12345678901 3":                "12345678901…",
		"1234567890 23":                "1234567890…",
		"123456789012  \n":             "123456789012",
		"🍵🍵🍵🍵🍵🍵🍵🍵🍵🍵🍵🍵🍵": "🍵🍵🍵🍵🍵🍵🍵🍵🍵🍵🍵…",
	} {
		limit := 12
		if len([]rune(want)) > limit {
			limit = 100
		}
		assert.Equal(t, want, text.Line(given, limit), "%q", given)
	}
	assert.Empty(t, text.Line("tea", 0))
	assert.Equal(t, "…", text.Line("tea", 1))
	assert.Equal(t, strings.Repeat("x", 99)+"…", text.Line(strings.Repeat("x", 900_000), 100))
}

func TestATerminalShowsWhatCannotBeSeen(t *testing.T) {
	for given, want := range map[string]string{
		"Sencha Uji, 100 g":       "Sencha Uji, 100 g",
		"煎茶\u3000宇治 🍵":            "煎茶 宇治 🍵",
		"\x1b[31mred\x1b[0m":      `\x1b[31mred\x1b[0m`,
		"\x1b]0;title\x07":        `\x1b]0;title\a`,
		"\u009b31m":               `\u009b31m`,
		"two\nlines\r":            `two\nlines\r`,
		"tea\u202egnp.exe":        `tea\u202egnp.exe`,
		"\u200b":                  `\u200b`,
		"❤\ufe0f":                 `❤\ufe0f`,
		"\u3164":                  `\u3164`,
		"a\u2028b":                `a\u2028b`,
		"tag\U000e0041":           `tag\U000e0041`,
		"tea\xff":                 `tea\xff`,
		"private \ue000":          `private \ue000`,
		"a\u00a0b":                "a b",
		`C:\new "quoted" 'words'`: `C:\new "quoted" 'words'`,
	} {
		assert.Equal(t, want, text.Terminal(given), "%q", given)
	}
}

func TestJSONInATerminalIsTheSameJSON(t *testing.T) {
	given := "{\n  \"name\": \"tea\u202e \u009b31m \u007f 煎\u3000茶 🍵 \U000e0041\"\n}"
	shown := string(text.JSON([]byte(given)))
	assert.Equal(t, "{\n  \"name\": \"tea\\u202e \\u009b31m \\u007f 煎\\u3000茶 🍵 \\udb40\\udc41\"\n}", shown)
	assert.JSONEq(t, given, shown)
	assert.Equal(t, `"a\ufffdb"`, string(text.JSON([]byte("\"a\xffb\""))))
}

func TestANumberHasItsNoun(t *testing.T) {
	assert.Equal(t, "0 lines", text.Count(0, "line"))
	assert.Equal(t, "1 line", text.Count(1, "line"))
	assert.Equal(t, "1000 lines", text.Count(1000, "line"))
}

// Whatever comes in, what goes out holds nothing that a terminal would obey, and cleaning what is
// clean changes nothing.
func FuzzText(f *testing.F) {
	for _, seed := range []string{"tea", "\x1b[2J", "a\u202eb", "\xff", "\u200b", " a  b ", "🍵\ufe0f"} {
		f.Add(seed, 10)
	}
	f.Fuzz(func(t *testing.T, given string, limit int) {
		limit %= 200
		line := text.Line(given, limit)
		require.True(t, utf8.ValidString(line))
		require.LessOrEqual(t, utf8.RuneCountInString(line), max(limit, 0))
		require.Equal(t, line, text.Line(line, limit), "a clean line stays")
		if line != "" && line != "…" {
			require.NoError(t, text.Check(line), "a line can be accepted as a name")
		}
		shown := text.Terminal(given)
		require.True(t, utf8.ValidString(shown))
		require.Equal(t, shown, text.Terminal(shown))
		if strings.TrimSpace(shown) != "" {
			require.NoError(t, text.Check(shown))
		}
		if strings.TrimSpace(given) != "" {
			require.NotEmpty(t, shown, "nothing is shown as nothing")
		}
	})
}
