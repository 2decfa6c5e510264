package foreign

import (
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text escapes text for display. Line ends and tabs stay. Other control characters, invisible characters and bytes that
// are not UTF-8 become Go escapes, such as \x1b or \u202e. A carriage return at the end of a line is removed.
func Text(text string) string {
	if isPlain(text) {
		return text
	}
	shown, _ := appendText(nil, []byte(text), true)
	return string(shown)
}

// Line escapes text like Text, and replaces line ends by \n, so that it can be displayed in one line.
func Line(text string) string { return strings.ReplaceAll(Text(text), "\n", `\n`) }

// Indented escapes text like Text, and puts the indent before each line. Empty text stays empty.
func Indented(text, indent string) string {
	if text == "" {
		return ""
	}
	return indent + strings.ReplaceAll(Text(text), "\n", "\n"+indent)
}

// isPlain reports whether text needs no escaping.
func isPlain(text string) bool {
	for _, r := range text {
		if r == utf8.RuneError || !isShown(r) {
			return false
		}
	}
	return true
}

// isShown reports whether the character is displayed unchanged: it has a glyph, or it is a space, a tab or a line end.
func isShown(r rune) bool { return r == '\t' || r == '\n' || unicode.IsGraphic(r) }

// appendText appends the escaped text to to. Unless all is set, more text may follow; then appendText returns as rest
// an incomplete character or a carriage return at the end.
func appendText(to, text []byte, all bool) (shown, rest []byte) {
	for len(text) > 0 {
		if !all && (!utf8.FullRune(text) || len(text) == 1 && text[0] == '\r') {
			return to, text
		}
		r, n := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && n == 1:
			to = appendByte(to, text[0])
		case r == '\r' && len(text) > 1 && text[1] == '\n':
		case isShown(r):
			to = append(to, text[:n]...)
		default:
			quoted := strconv.AppendQuoteRuneToASCII(nil, r)
			to = append(to, quoted[1:len(quoted)-1]...)
		}
		text = text[n:]
	}
	return to, nil
}

func appendByte(to []byte, b byte) []byte {
	const digits = "0123456789abcdef"
	return append(to, '\\', 'x', digits[b>>4], digits[b&15])
}

// A Writer passes text on, escaped like Text. It keeps an incomplete character, of at most four bytes, until the rest
// arrives. It is not safe for concurrent use.
type Writer struct {
	to   io.Writer
	rest []byte
}

// NewWriter returns a Writer that writes to w.
func NewWriter(w io.Writer) *Writer { return &Writer{to: w} }

// Write implements io.Writer.
func (w *Writer) Write(p []byte) (int, error) {
	shown, rest := appendText(nil, append(w.rest, p...), false)
	w.rest = append([]byte(nil), rest...)
	if len(shown) > 0 {
		if _, err := w.to.Write(shown); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}
