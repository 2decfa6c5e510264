// Package help prints the help of commands, in which many flags are shown in groups, and finds the correct form of
// misspelt names.
package help

import (
	"cmp"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"forktax/bench/report"
	"forktax/workload/contract"
)

// manyFlags is the largest number of flags that help shows without groups.
const manyFlags = 12

// commonFlags lists the flags that the help of a command with many flags shows first, in order.
var commonFlags = map[string][]string{
	"run": {"cgi", contract.Resident().Name, "workload", "request", "clients", "rate", "budget", "format", "details",
		"out"},
	"check": {"base", "candidate", "base-ref", "candidate-ref", "build", "request", "margin", "gates", "budget",
		"format"},
	"serve": {"cgi", "cgi-bin", "root", "workload", "model", "addr", "env", "max-children", "child-timeout",
		"auth-file"},
	"calibrate": {"quick", "full", "only", "out"},
}

// Titles of the other groups of flags.
const (
	groupWhat   = "What is measured"
	groupLoad   = "Load"
	groupTime   = "Duration and repetition"
	groupOutput = "Output"
	groupLimits = "Limits"
	groupAuth   = "Authentication"
	groupOther  = "Other"
)

// flagGroups lists the other groups in the order of the help.
var flagGroups = []string{groupWhat, groupLoad, groupTime, groupLimits, groupAuth, groupOutput, groupOther}

// groupOf maps the name of a flag to its group, in every command that has the flag. Most flags of limits and of
// authentication are recognized by their names. All remaining flags are in the first group.
var groupOf = map[string]string{
	"clients": groupLoad, "rate": groupLoad, "arrivals": groupLoad, "connections": groupLoad, "engine": groupLoad,
	"no-keepalive": groupLoad, "slo": groupLoad, "find-knee": groupLoad, "pin": groupLoad, "cross-check": groupLoad,
	"budget": groupTime, "confirm-budget": groupTime, "rounds": groupTime, "starts": groupTime, "block": groupTime,
	"warm-up": groupTime, "seed": groupTime, "part": groupTime, "start-at": groupTime, "cores": groupLoad,
	"format": groupOutput, "details": groupOutput, "out": groupOutput, "results": groupOutput, "help": groupOther,
	"require-all": groupOther, "queue": groupLimits,
}

// group returns the group of a flag.
func group(f *pflag.Flag) string {
	switch {
	case strings.HasPrefix(f.Name, "auth-"):
		return groupAuth
	case strings.HasPrefix(f.Name, "max-"), strings.HasPrefix(f.Name, "child-"), strings.HasSuffix(f.Name, "-timeout"):
		return groupLimits
	}
	return cmp.Or(groupOf[f.Name], groupWhat)
}

// Help prints the description and the usage of a command.
func Help(c *cobra.Command, _ []string) {
	about := c.Long
	if about == "" {
		about = c.Short
	}
	fmt.Fprintf(c.OutOrStdout(), "%s\n\n", reflow(about, columns(c.OutOrStdout())))
	c.SetErr(c.OutOrStdout())
	_ = Usage(c) // the writer keeps the error
}

// item matches the name of a list item, with the surrounding spaces.
var item = regexp.MustCompile(`^ +(\S+( \S+)*  +)?`)

// reflow wraps paragraphs to a width in columns. A line that begins with a space is a list item and is not joined
// with other lines.
func reflow(about string, width int) string {
	var paragraphs []string
	for paragraph := range strings.SplitSeq(about, "\n\n") {
		var lines []string
		for line := range strings.SplitSeq(paragraph, "\n") {
			last := len(lines) - 1
			if last >= 0 && !strings.HasPrefix(line, " ") && !strings.HasPrefix(lines[last], " ") {
				lines[last] += " " + line
			} else {
				lines = append(lines, line)
			}
		}
		for i, line := range lines {
			name := item.FindString(line)
			wrapped := text.WrapSoft(strings.TrimPrefix(line, name), width-len(name)-1)
			var parts []string
			for part := range strings.SplitSeq(wrapped, "\n") {
				parts = append(parts, strings.TrimRight(part, " "))
			}
			lines[i] = name + strings.Join(parts, "\n"+strings.Repeat(" ", len(name)))
		}
		paragraphs = append(paragraphs, strings.Join(lines, "\n"))
	}
	return strings.Join(paragraphs, "\n\n")
}

// A shownValue is the value of a flag with a list, as help shows it.
type shownValue struct{ pflag.Value }

// String returns the default of the flag, without the brackets of a list.
func (v shownValue) String() string {
	return strings.Trim(v.Value.String(), "[]")
}

// Type returns the type that help shows. For a list of strings it is the type of an element, because the flag may be
// repeated.
func (v shownValue) Type() string {
	switch t := v.Value.Type(); t {
	case "stringArray":
		return "string"
	case "float64Slice":
		return "floats"
	default:
		return t
	}
}

// Usage prints the usage of a command like cobra, but with many flags in groups.
func Usage(c *cobra.Command) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage:\n  %s\n", c.UseLine())
	if c.HasAvailableSubCommands() {
		b.WriteString("\nCommands:\n")
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() || sub.Name() == "help" {
				fmt.Fprintf(&b, "  %-*s %s\n", sub.NamePadding(), sub.Name(), sub.Short)
			}
		}
	}
	if c.HasExample() {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", c.Example)
	}
	for _, g := range groups(c) {
		fmt.Fprintf(&b, "\n%s:\n%s", g.title, g.flags.FlagUsagesWrapped(columns(c.OutOrStdout())))
	}
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\nUse \"%s COMMAND --help\" for more about a command.\n", c.CommandPath())
	}
	_, err := io.WriteString(c.OutOrStderr(), b.String())
	return err
}

// A flagGroup is a titled group of flags.
type flagGroup struct {
	title string
	flags *pflag.FlagSet
}

// groups returns the visible flags of a command, in groups if there are many.
func groups(c *cobra.Command) (all []flagGroup) {
	c.InitDefaultHelpFlag()
	var shown []*pflag.Flag
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			own := *f
			if strings.HasPrefix(f.DefValue, "[") { // a list
				own.Value, own.DefValue = shownValue{f.Value}, strings.Trim(f.DefValue, "[]")
			}
			shown = append(shown, &own)
		}
	})
	add := func(title string, wanted func(*pflag.Flag) bool, order func(a, b *pflag.Flag) int) {
		part := slices.DeleteFunc(slices.Clone(shown), func(f *pflag.Flag) bool { return !wanted(f) })
		if len(part) == 0 {
			return
		}
		if order != nil {
			slices.SortStableFunc(part, order)
		}
		set := pflag.NewFlagSet(title, pflag.ContinueOnError)
		set.SortFlags = false
		for _, f := range part {
			set.AddFlag(f)
		}
		all = append(all, flagGroup{title, set})
	}
	if len(shown) <= manyFlags {
		add("Flags", func(*pflag.Flag) bool { return true }, nil)
		return all
	}
	common := commonFlags[c.Name()]
	isCommon := func(f *pflag.Flag) bool { return slices.Contains(common, f.Name) }
	add("Common flags", isCommon, func(a, b *pflag.Flag) int {
		return cmp.Compare(slices.Index(common, a.Name), slices.Index(common, b.Name))
	})
	for _, title := range flagGroups {
		add(title, func(f *pflag.Flag) bool { return !isCommon(f) && group(f) == title }, nil)
	}
	return all
}

// most is the largest width of the help, in columns.
const most = 100

// columns returns the width of the help in columns: the width of the terminal, but at most 100, or 100 if w is not a
// terminal.
func columns(w io.Writer) int {
	if width := report.TerminalOf(w).Width; width > 0 {
		return min(width, most)
	}
	return most
}

// Nearest returns the name that was probably meant, according to cobra, or "" if no name is similar.
func Nearest(typed string, names []string) string {
	const distance = 2
	probe := &cobra.Command{SuggestionsMinimumDistance: distance}
	for _, name := range names {
		probe.AddCommand(&cobra.Command{Use: name, Run: func(*cobra.Command, []string) {}})
	}
	near := probe.SuggestionsFor(typed)
	if len(near) == 0 {
		return ""
	}
	return near[0]
}
