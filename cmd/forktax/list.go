package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"forktax/bench/load"
	"forktax/bench/process"
	"forktax/bench/report"
	"forktax/bench/servers"
	"forktax/bench/subject"
	"forktax/bench/suite"
)

func listCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the workloads, with their requests and models, the suites and their servers, the engines and the formats",
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
			for _, s := range suite.All {
				fmt.Fprintf(out, "suite %s: %s\n", s.Name, s.About)
			}
			listWebs(out)
			fmt.Fprintf(out, "engines: %s\nformats: %s\n", strings.Join(load.Names(), ", "), strings.Join(report.Analyses.Names(), ", "))
			return nil
		},
	}
}

// listWebs lists the servers of others that suites need, and what would bring those that are not installed.
func listWebs(out io.Writer) {
	for _, kind := range servers.WebInfos() {
		fmt.Fprintf(out, "server %s: %s, for %s", kind.Name, kind.About, kind.Handles)
		if missing := new(process.NotInstalledError); errors.As(kind.Missing, &missing) {
			fmt.Fprintf(out, "; not installed (Debian: apt-get install %s)", missing.Packages)
		}
		fmt.Fprintln(out)
	}
	for _, other := range []struct {
		name, about, packages string
		missing               error
	}{
		{"postgres", "keeps the data of guestbook, with --database postgres", "postgresql", servers.PostgresInstalled()},
		{"slapd", "knows the users of members, with --directory slapd", "slapd", servers.SlapdInstalled()},
	} {
		fmt.Fprintf(out, "server %s: %s", other.name, other.about)
		if other.missing != nil {
			fmt.Fprintf(out, "; not installed (Debian: apt-get install %s)", other.packages)
		}
		fmt.Fprintln(out)
	}
}
