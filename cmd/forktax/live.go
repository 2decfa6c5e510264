package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"runtime"
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
		Short: "Show both twins under load, side by side, on a page for a class",
		Long: `Live serves a page on which both twins are under load, steered from there: workload, load, database, and the
model of either side. It shows each process as it comes and goes, requests a second and response times, where the time
of the last requests went, connections and CPU. A tour of eight steps tells the story.

The page needs the address that is printed, with its token. Only this machine reaches it, unless --listen says
otherwise: then whoever knows the token can start and steer the built-in workloads, and nothing else. By ssh -L it is
reached at the same port alone, for the page is asked for by name. Below the address, /metrics is for Prometheus.`,
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
func liveShow(ctx context.Context, listen string, open bool, atOnce <-chan struct{}, stdout, stderr io.Writer) (err error) {
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
	url := "http://" + reachable(ln.Addr()) + server.Path()
	if tcp, ok := ln.Addr().(*net.TCPAddr); ok && !tcp.IP.IsLoopback() {
		fmt.Fprintln(stderr, "other machines reach this address: whoever knows the token can start and steer the built-in workloads")
	}
	if _, err := fmt.Fprintf(stdout, "live %s\n", url); err != nil {
		return err
	}
	if open {
		if err := openBrowser(url); err != nil {
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

// reachable is an address by which a listener at all addresses can be reached from elsewhere, or its own.
func reachable(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return addr.String()
	}
	host := "localhost"
	all, _ := net.InterfaceAddrs()
	for _, a := range all {
		if own, ok := a.(*net.IPNet); ok && own.IP.IsGlobalUnicast() {
			host = own.IP.String()
			break
		}
	}
	return net.JoinHostPort(host, fmt.Sprint(tcp.Port))
}

// openBrowser has the desktop open the page.
func openBrowser(url string) error {
	program := "xdg-open"
	if runtime.GOOS == "darwin" {
		program = "open"
	}
	cmd := exec.Command(program, url)
	if err := cmd.Start(); err != nil {
		return err
	}
	return cmd.Process.Release()
}
