package help

import (
	"slices"

	"github.com/spf13/cobra"

	"forktax/bench/check"
	"forktax/bench/load"
	"forktax/bench/report"
	"forktax/bench/servers"
	"forktax/bench/subject"
	"forktax/bench/suite"
	"forktax/workload/contract"
)

// Complete registers shell completions for the flags of a command that have few possible values.
func Complete(c *cobra.Command) {
	for name, values := range map[string][]string{
		"engine":    load.Names(),
		"suite":     suite.Names(),
		"arrivals":  {"poisson", "constant", "burst:8"},
		"database":  {servers.Embedded, subject.Postgres},
		"directory": {servers.InMemory, servers.Slapd},
		"model":     typicalModels(),
	} {
		if c.Flags().Lookup(name) != nil {
			// The error is for unknown flags, and this flag exists.
			_ = c.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
		}
	}
	if c.Flags().Lookup("workload") != nil {
		_ = c.RegisterFlagCompletionFunc("workload", workloadNames)
	}
	if c.Flags().Lookup("margin") != nil {
		const directive = cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
		_ = c.RegisterFlagCompletionFunc("margin", cobra.FixedCompletions(check.MarginGates(), directive))
	}
	if slices.Contains([]string{"run", "check", "report"}, c.Name()) {
		_ = c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(report.Analyses.Names(),
			cobra.ShellCompDirectiveNoFileComp))
	}
}

func typicalModels() (names []string) {
	for _, m := range contract.TypicalModels() {
		names = append(names, m.Name)
	}
	return names
}

// workloadNames returns the names of the workloads next to the command or in the checkout.
func workloadNames(c *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	names, err := subject.NewFinder(c.ErrOrStderr()).Names(c.Context())
	if err != nil {
		return nil, cobra.ShellCompDirectiveDefault
	}
	return names, cobra.ShellCompDirectiveDefault
}
