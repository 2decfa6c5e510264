package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"forktax/bench/live"
	"forktax/bench/load"
	"forktax/bench/plan"
	"forktax/bench/subject"
)

func liveCommand(atOnce <-chan struct{}) *cobra.Command {
	var listen string
	var open bool
	c := &cobra.Command{
		Use:   "live",
		Short: "Show two execution models under load side by side, on a page for teaching",
		Long: `Live serves a page that shows two execution models under load. The page controls the workload, the
load, the database, and the model of each side. It shows each process as it starts and ends, throughput and
response times, the phases of the last requests, connections and CPU time. A tour explains them in thirteen steps.

The page has the printed address, which contains a token. Only this machine can reach it by default. With --listen,
other machines can: then anyone who has the token can start and control the built-in workloads, and nothing
else. Through ssh -L, forward the same port number, because the server checks the host and port of the address.
/metrics below the address is for Prometheus.`,
		Example: `  forktax live
  forktax live --open
  forktax live --listen 127.0.0.1:8090`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			return liveShow(c.Context(), listen, open, atOnce, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:0", "address of the page (port 0: any free port)")
	c.Flags().BoolVar(&open, "open", false, "open the page in a browser")
	return c
}

// liveShow serves the page until ctx ends.
func liveShow(ctx context.Context, listen string, open bool, atOnce <-chan struct{}, stdout,
	stderr io.Writer) (err error) {
	ln, err := subject.Listen("listen", listen)
	if err != nil {
		return err
	}
	defer ln.Close()
	s, err := live.NewWorkloads(ctx, ownPath(), atOnce, stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	first := live.Setup{Workload: "hello", Models: [2]string{subject.ScriptModel, plan.Baseline}, Clients: 4}
	show, err := live.NewSession(s, load.Engines, load.Default, first)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, show.Close()) }()
	server := live.NewServer(show, ln.Addr())
	url := "http://" + live.Reachable(ln.Addr()) + server.Path()
	if tcp, ok := ln.Addr().(*net.TCPAddr); ok && !tcp.IP.IsLoopback() {
		fmt.Fprintln(stderr, "other machines can reach this address: anyone who has the token can start and control the "+
			"built-in workloads")
	}
	if _, err := fmt.Fprintf(stdout, "live %s\n", url); err != nil {
		return err
	}
	if open {
		if err := live.OpenBrowser(url); err != nil {
			fmt.Fprintf(stderr, "opening a browser: %v\n", err)
		}
	}
	h := &http.Server{Handler: server.Handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	failed := make(chan error, 1)
	go func() { failed <- h.Serve(ln) }()
	select {
	case <-ctx.Done():
		err := show.Close()
		return errors.Join(err, h.Close())
	case err := <-failed:
		return err
	}
}
