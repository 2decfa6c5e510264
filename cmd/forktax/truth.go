package main

import (
	"github.com/spf13/cobra"

	"forktax/bench/calibrate"
)

// toolCommand is what calibrate runs in processes of their own; people have no use for it.
const toolCommand = "truth"

func truthCommand() *cobra.Command {
	return &cobra.Command{
		Use: toolCommand,
		Short: "Be one of the processes that calibrate needs: serve what is asked for, and record what was really " +
			"done", Hidden: true,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			return calibrate.RunHelper(c.Context(), args, c.InOrStdin(), c.OutOrStdout())
		},
	}
}
