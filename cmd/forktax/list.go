package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"forktax/bench/load"
	"forktax/bench/program"
	"forktax/bench/report"
)

func listCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the workloads, with their requests and models, the engines and the formats",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			finder := program.NewFinder(c.ErrOrStderr())
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
			served.Database = program.Postgres
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
			fmt.Fprintf(out, "engines: %s\nformats: %s\n", strings.Join(load.Names(), ", "), strings.Join(report.Analyses.Names(), ", "))
			return nil
		},
	}
}
