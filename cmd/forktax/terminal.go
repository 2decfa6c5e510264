package main

import (
	"cmp"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"forktax/bench/analysis"
	"forktax/bench/report"
)

// show prints the result in its format. Text is adapted to the terminal.
func (o *output) show(w io.Writer, a *analysis.Analysis) error {
	switch {
	case o.format != "text":
		return o.print(w, a)
	case o.details:
		return report.Details(w, a, terminalOf(w))
	}
	return report.Screen(w, a, terminalOf(w))
}

// terminalOf returns the properties of the terminal w. It returns the zero value if w is not a terminal; then no
// charts are drawn.
func terminalOf(w io.Writer) report.Terminal {
	if out, ok := w.(*outlet); ok {
		w = out.Writer
	}
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return report.Terminal{}
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return report.Terminal{}
	}
	return drawnBy(width, os.Getenv)
}

// drawnBy returns the properties of a terminal of this width, in columns, according to the environment; see locale(7)
// and no-color.org. The console of Linux cannot show block characters of eighths.
func drawnBy(width int, env func(string) string) report.Terminal {
	locale := strings.ToLower(cmp.Or(env("LC_ALL"), env("LC_CTYPE"), env("LANG")))
	unicode := strings.Contains(locale, "utf-8") || strings.Contains(locale, "utf8")
	kind := env("TERM")
	return report.Terminal{Width: width, ASCII: !unicode || kind == "linux" || kind == "dumb",
		Colour: env("NO_COLOR") == "" && kind != "dumb" && kind != ""}
}
