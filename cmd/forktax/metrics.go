package main

import (
	"github.com/spf13/cobra"

	"forktax/bench/exporter"
)

// metricsCommand is what serving programs run for each look at their /metrics; people have no use for it.
func metricsCommand() *cobra.Command {
	var accept, encoding string
	c := &cobra.Command{
		Use:    "metrics",
		Short:  "Render a server's snapshot, read from standard input, as a Prometheus page",
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
