package main

import (
	"github.com/spf13/cobra"

	"forktax/bench/process"
)

// superviseCommand runs a command below a process that ends all that it started; package process starts it.
func superviseCommand() *cobra.Command {
	return &cobra.Command{
		Use:                process.SuperviseCommand,
		Short:              "Run a command, and end all that it started",
		Hidden:             true,
		DisableFlagParsing: true,
		RunE: func(c *cobra.Command, args []string) error {
			return process.Supervise(c.InOrStdin(), c.OutOrStdout(), args)
		},
	}
}
