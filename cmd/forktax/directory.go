package main

import (
	"github.com/spf13/cobra"

	"forktax/bench/ldapmem"
	"forktax/bench/servers"
)

// directoryCommand serves an LDAP server in memory; people have no use for it, for it begins empty.
func directoryCommand() *cobra.Command {
	return &cobra.Command{
		Use:                servers.DirectoryCommand,
		Short:              "Serve an LDAP directory in memory, which is empty",
		Hidden:             true,
		DisableFlagParsing: true,
		RunE:               func(c *cobra.Command, args []string) error { return ldapmem.Main(c.Context(), args) },
	}
}
