package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"forktax/bench/load"
	"forktax/bench/report"
	"forktax/bench/servers"
	"forktax/bench/subject"
	"forktax/bench/suite"
)

func listCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List workloads, suites, servers, engines and formats",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			finder := subject.NewFinder(c.ErrOrStderr())
			names, err := finder.Names(c.Context())
			if err != nil {
				return err
			}
			programs, err := finder.Find(c.Context(), names)
			if err != nil {
				return err
			}
			out := c.OutOrStdout()
			served := *finder
			served.Database = subject.Postgres
			for i, p := range programs {
				fmt.Fprintf(out, "%s: %s\n", p.Name, p.About)
				for _, r := range p.Requests {
					fmt.Fprintf(out, "  %s/%s  %s %s\n", p.Name, r.Name, r.Method, r.Path)
				}
				fmt.Fprintf(out, "  models: %s\n", strings.Join(p.Models, ", "))
				switch other := served.Prefer(names[i]); {
				case other != names[i]:
					fmt.Fprintf(out, "  databases: %s, %s\n", p.Database, served.Database)
				case p.Database != "":
					fmt.Fprintf(out, "  databases: %s\n", p.Database)
				}
			}
			for _, name := range suite.Names() {
				fmt.Fprintf(out, "suite %s: %s\n", name, suite.About(name))
			}
			servers.WriteList(out)
			fmt.Fprintf(out, "engines: %s\nformats: %s\n", strings.Join(load.Names(), ", "),
				strings.Join(report.Analyses.Names(), ", "))
			return nil
		},
	}
}
