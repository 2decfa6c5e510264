#!/usr/bin/env bash
# Caddy 2.6.2 (Debian 12), transport fastcgi (which php_fastcgi uses): each request opens a connection of its own to the
# FastCGI server, and asks it to close that, although the transport for HTTP keeps connections by default and FastCGI has a
# flag for it. There is no option to change it. So what FastCGI saves over CGI includes a connection per request, and a
# server that counts connections, or a backlog, sees each request.
# Seen: 20 requests on one connection of a client are 20 connections to a FastCGI server that would keep them.
set -euo pipefail
export GOTOOLCHAIN=go1.26.8 GOFLAGS=
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -q caddy=2.6.2-5 >/dev/null 2>&1
dpkg-deb -x caddy_*.deb root
root/usr/bin/caddy version
port=$(/usr/bin/python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >Caddyfile <<END
{
	admin off
	auto_https off
}
http://127.0.0.1:$port {
	reverse_proxy unix/$work/socket {
		transport fastcgi
	}
}
END
go mod init example.org/connections 2>/dev/null
cat >main.go <<'END'
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/fcgi"
	"os"
	"sync/atomic"
	"time"
)

// A counting listener counts the connections that it accepts.
type counting struct {
	net.Listener
	n atomic.Int64
}

func (c *counting) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err == nil {
		c.n.Add(1)
	}
	return conn, err
}

func main() {
	listener, err := net.Listen("unix", "socket")
	if err != nil {
		panic(err)
	}
	counted := &counting{Listener: listener}
	go fcgi.Serve(counted, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") }))
	get := func() error {
		response, err := http.Get("http://127.0.0.1:" + os.Args[1] + "/")
		if err != nil {
			return err
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err == nil && string(text) != "hello" {
			err = fmt.Errorf("%s %s", response.Status, text)
		}
		return err
	}
	for try := 0; get() != nil; try++ {
		if try == 100 {
			panic(get())
		}
		time.Sleep(100 * time.Millisecond)
	}
	before := counted.n.Load()
	for range 20 {
		if err := get(); err != nil {
			panic(err)
		}
	}
	opened := counted.n.Load() - before
	fmt.Printf("20 requests: %d connections to the FastCGI server\n", opened)
	if opened != 20 {
		os.Exit(1)
	}
}
END
HOME=$work root/usr/bin/caddy run --config Caddyfile --adapter caddyfile >log 2>&1 &
server=$!
trap 'kill "$server"; rm -rf "$work"' EXIT
go run . "$port"
