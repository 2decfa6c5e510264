package report

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Names, titles, commands and log lines are untrusted text. They must not become part of the syntax of a format: a
// line, a cell, a formula, a link, a command. Each format escapes all text before it composes its output.

// respell returns a copy of v with spell applied to all strings. Fields that are not in the JSON are shared with v.
func respell[T any](v T, spell func(string) string) T {
	return copyOf(reflect.ValueOf(&v).Elem(), spell).Interface().(T)
}

func copyOf(v reflect.Value, spell func(string) string) reflect.Value {
	to := reflect.New(v.Type()).Elem()
	to.Set(v)
	switch v.Kind() {
	case reflect.String:
		to.SetString(spell(v.String()))
	case reflect.Pointer:
		if !v.IsNil() {
			to.Set(reflect.New(v.Type().Elem()))
			to.Elem().Set(copyOf(v.Elem(), spell))
		}
	case reflect.Slice:
		if !v.IsNil() {
			to.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
			for i := range v.Len() {
				to.Index(i).Set(copyOf(v.Index(i), spell))
			}
		}
	case reflect.Map:
		if !v.IsNil() {
			to.Set(reflect.MakeMapWithSize(v.Type(), v.Len()))
			for key, value := range v.Seq2() {
				to.SetMapIndex(copyOf(key, spell), copyOf(value, spell))
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && f.Tag.Get("json") != "-" {
				to.Field(i).Set(copyOf(v.Field(i), spell))
			}
		}
	}
	return to
}

// inLine spells text in one line, with all of its characters visible.
func inLine(text string) string { return visible(text, "") }

// inCommand spells text for a workflow command, which escapes the ends of lines itself.
func inCommand(text string) string { return visible(text, "\r\n") }

// visible escapes characters that are invisible or change the direction of text, as a Go string literal does. It does
// not escape the characters in keep.
func visible(text, keep string) string {
	var b strings.Builder
	for text != "" {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, text[0])
		case unicode.IsPrint(r), unicode.Is(unicode.Zs, r), strings.ContainsRune(keep, r):
			b.WriteRune(r)
		default:
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
		text = text[size:]
	}
	return b.String()
}

// leadingCommand and oldCommand match text that GitHub's runner reads as a workflow command in a line of a log: the
// former at the start of the line, the latter anywhere.
var (
	leadingCommand = regexp.MustCompile(`^(\s*):(:)`)
	oldCommand     = regexp.MustCompile(`##\[`)
)

// inText spells text for a line that may be in the log of a GitHub Actions job.
func inText(text string) string {
	text = leadingCommand.ReplaceAllString(inLine(text), "$1: $2")
	return oldCommand.ReplaceAllString(text, "# #[")
}

// markdownSyntax escapes characters that begin an inline element of Markdown, and the backslash, which is the escape
// character. entity matches a character reference, emphasis underscores that are syntax, and address the beginning of
// what GitHub makes a link of.
var (
	markdownSyntax = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "[", `\[`, "]", `\]`, "~", `\~`, "<", "&lt;")
	entity         = regexp.MustCompile(`&(#?\w+;)`)
	emphasis       = regexp.MustCompile(`\b_+|_+\b`) // no emphasis within a word
	address        = regexp.MustCompile(`(?i)(https?|ftp)://|\bwww\.`)
)

// inMarkdown spells text for Markdown. Pipes are escaped by the table writer.
func inMarkdown(text string) string {
	text = markdownSyntax.Replace(entity.ReplaceAllString(inText(text), "&amp;$1"))
	text = emphasis.ReplaceAllStringFunc(text, func(all string) string { return strings.ReplaceAll(all, "_", `\_`) })
	return address.ReplaceAllStringFunc(text, func(begin string) string {
		return strings.NewReplacer("://", `:\//`, ".", `\.`).Replace(begin)
	})
}

// formula matches the start of a cell that spreadsheets interpret as a formula. forktax's own numbers are not text, so
// they are not spelled.
var formula = regexp.MustCompile(`^[=+\-@＝＋－＠]`)

// inCell spells text for a cell of a spreadsheet, which reads a cell that starts with an apostrophe as text.
func inCell(text string) string {
	if text = inLine(text); formula.MatchString(text) {
		return "'" + text
	}
	return text
}
