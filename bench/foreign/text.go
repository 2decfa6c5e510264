package foreign

import (
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text returns text as it can be shown: lines and tabs stay, and every other control character, invisible character and
// byte that is not UTF-8 is shown as Go writes it, such as \x1b or \u202e. The end of a line loses its carriage return.
func Text(text string) string {
	if isPlain(text) {
		return text
	}
	shown, _ := appendText(nil, []byte(text), true)
	return string(shown)
}

// Line returns text as it can be shown in one line: that of Text, with \n for the end of a line.
func Line(text string) string { return strings.ReplaceAll(Text(text), "\n", `\n`) }

// Indented returns Text, each line of it after the indent.
func Indented(text, indent string) string {
	return indent + strings.ReplaceAll(Text(text), "\n", "\n"+indent)
}

// isPlain reports whether text is shown as it is.
func isPlain(text string) bool {
	for _, r := range text {
		if r == utf8.RuneError || !isShown(r) {
			return false
		}
	}
	return true
}

// isShown reports whether the character is shown as it is: it has a glyph, or it is a space, a tab or the end of a
// line.
func isShown(r rune) bool { return r == '\t' || r == '\n' || unicode.IsGraphic(r) }

// appendText appends text as it is shown. Unless it is all that there is, what may be the beginning of a character, or
// of the end of a line, is left and returned as the rest.
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

// A Writer passes text on as Text shows it. What may be the beginning of a character waits for the rest of it, which is
// at most four bytes. It is not safe for concurrent use.
type Writer struct {
	to   io.Writer
	rest []byte
}

// NewWriter returns a Writer to w.
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
