package text

import "unicode"

// blank are characters that Unicode classifies as visible but that show nothing: the fillers of
// Hangul, vowels of Khmer that are not drawn, the empty Braille pattern.
var blank = &unicode.RangeTable{R16: []unicode.Range16{
	{Lo: 0x115f, Hi: 0x1160, Stride: 1},
	{Lo: 0x17b4, Hi: 0x17b5, Stride: 1},
	{Lo: 0x2800, Hi: 0x2800, Stride: 1},
	{Lo: 0x3164, Hi: 0x3164, Stride: 1},
	{Lo: 0xffa0, Hi: 0xffa0, Stride: 1},
}, R32: []unicode.Range32{
	{Lo: 0x1d159, Hi: 0x1d159, Stride: 1}, // a musical note without a head
}}

// joining are characters that are invisible by themselves and change how their neighbours are
// drawn: the joiner and non-joiner, the grapheme joiner, and the selectors of a variant. Scripts
// and emoji need them.
var joining = &unicode.RangeTable{R16: []unicode.Range16{
	{Lo: 0x034f, Hi: 0x034f, Stride: 1},
	{Lo: 0x180b, Hi: 0x180d, Stride: 1},
	{Lo: 0x180f, Hi: 0x180f, Stride: 1},
	{Lo: 0x200c, Hi: 0x200d, Stride: 1},
	{Lo: 0xfe00, Hi: 0xfe0f, Stride: 1},
}, R32: []unicode.Range32{
	{Lo: 0xe0100, Hi: 0xe01ef, Stride: 1},
}}

// hidden reports whether a character is a control character, ends a line or paragraph, or is a
// format character: those set the direction of text, are invisible, or, as tags, hide text within
// text. Joining and blank characters are not hidden.
func hidden(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Cs, unicode.Noncharacter_Code_Point) &&
		!unicode.Is(joining, r)
}

// visible reports whether a character can be seen by itself.
func visible(r rune) bool {
	return unicode.IsPrint(r) && r != ' ' && !unicode.In(r, joining, blank)
}
