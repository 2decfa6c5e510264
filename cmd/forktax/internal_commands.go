package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"forktax/bench/calibrate"
	"forktax/bench/exporter"
	"forktax/bench/ldapmem"
	"forktax/bench/process"
	"forktax/bench/servers"
)

// directoryCommand returns the internal command by which package servers runs an empty LDAP server in memory.
func directoryCommand() *cobra.Command {
	return &cobra.Command{
		Use:                servers.DirectoryCommand,
		Short:              "Serve an empty LDAP directory in memory (internal)",
		Hidden:             true,
		DisableFlagParsing: true,
		RunE:               func(c *cobra.Command, args []string) error { return ldapmem.Main(c.Context(), args) },
	}
}

// manCommand returns the command that writes the manual pages of all commands, for packages.
func manCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "man DIR",
		Short:  "Write the manual pages of all commands into a directory",
		Hidden: true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("man needs one directory to write to, and got %q", args)
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return fmt.Errorf("creating the directory of manual pages: %w", err)
			}
			c.Root().DisableAutoGenTag = true
			header := &doc.GenManHeader{Section: "1", Source: "forktax"} // the date is that of today, or SOURCE_DATE_EPOCH
			return doc.GenManTree(c.Root(), header, args[0])
		},
	}
}

// metricsCommand returns the internal command that renders /metrics. Serving programs run it for each scrape.
func metricsCommand() *cobra.Command {
	var accept, encoding string
	c := &cobra.Command{
		Use:    "metrics",
		Short:  "Render a server's snapshot from standard input as Prometheus metrics (internal)",
		Hidden: true,
		Args:   noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			return exporter.Render(c.InOrStdin(), c.OutOrStdout(), accept, encoding)
		},
	}
	c.Flags().StringVar(&accept, "accept", "", "the Accept header of the scrape")
	c.Flags().StringVar(&encoding, "accept-encoding", "", "its Accept-Encoding header")
	return c
}

// superviseCommand returns the internal command by which package process runs commands and ends all their processes.
func superviseCommand() *cobra.Command {
	return &cobra.Command{
		Use:                process.SuperviseCommand,
		Short:              "Run a command, and end all its processes (internal)",
		Hidden:             true,
		DisableFlagParsing: true,
		RunE: func(c *cobra.Command, args []string) error {
			return process.Supervise(c.InOrStdin(), c.OutOrStdout(), args)
		},
	}
}

// toolCommand is the name of the internal command that calibrate runs as its helper processes.
const toolCommand = "truth"

func truthCommand() *cobra.Command {
	return &cobra.Command{
		Use:    toolCommand,
		Short:  "Run a calibrate helper process (internal)",
		Hidden: true,
		Args:   cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			return calibrate.RunHelper(c.Context(), args, c.InOrStdin(), c.OutOrStdout())
		},
	}
}
