package report

import (
	"cmp"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// TerminalOf returns the properties of the terminal w. It returns the zero value if w is not a terminal; then no
// charts are drawn.
func TerminalOf(w io.Writer) Terminal {
	if out, ok := w.(interface{ Unwrap() io.Writer }); ok {
		w = out.Unwrap()
	}
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return Terminal{}
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return Terminal{}
	}
	return drawnBy(width, os.Getenv)
}

// drawnBy returns the properties of a terminal of this width, in columns, according to the environment; see locale(7)
// and no-color.org. The console of Linux cannot show block characters of eighths.
func drawnBy(width int, env func(string) string) Terminal {
	locale := strings.ToLower(cmp.Or(env("LC_ALL"), env("LC_CTYPE"), env("LANG")))
	unicode := strings.Contains(locale, "utf-8") || strings.Contains(locale, "utf8")
	kind := env("TERM")
	return Terminal{Width: width, ASCII: !unicode || kind == "linux" || kind == "dumb",
		Colour: env("NO_COLOR") == "" && kind != "dumb" && kind != ""}
}
