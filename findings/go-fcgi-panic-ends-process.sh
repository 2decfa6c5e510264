#!/usr/bin/env bash
# net/http/fcgi of Go 1.26 does not recover from a panic of a handler: the process ends, with status 2, and all requests
# in progress on other connections get no response. The same handler under net/http's server costs only its own request
# and leaves a line in the log. So a program that moves from net/http to FastCGI needs a recover of its own.
# Seen: beside a handler that panics, another request on another connection gets no end of its response under FastCGI;
# under net/http it gets its response.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >go.mod <<'END'
module seen

go 1.26
END
cat >main.go <<'END'
package main

import (
	"io"
	"net"
	"net/http"
	"net/http/fcgi"
	"os"
	"time"
)

func main() {
	l, err := net.Listen("unix", os.Args[2])
	if err != nil {
		panic(err)
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(500 * time.Millisecond)
		if r.URL.Path == "/wrong" {
			panic("a fault of this handler")
		}
		time.Sleep(500 * time.Millisecond)
		io.WriteString(w, "right")
	})
	if os.Args[1] == "fcgi" {
		err = fcgi.Serve(l, handler)
	} else {
		err = http.Serve(l, handler)
	}
	panic(err)
}
END
cat >client.py <<'END'
import socket, struct, sys, time

def record(kind, content=b""):
    return struct.pack(">BBHHBB", 1, kind, 1, len(content), 0, 0) + content

def send(path):
    s = socket.socket(socket.AF_UNIX)
    for attempt in range(200):
        try:
            s.connect(sys.argv[2])
            break
        except OSError:
            time.sleep(0.05)
    if sys.argv[1] == "fcgi":
        pairs = {"REQUEST_METHOD": "GET", "SERVER_PROTOCOL": "HTTP/1.1", "REQUEST_URI": path}
        text = b"".join(bytes([len(n), len(v)]) + n.encode() + v.encode() for n, v in pairs.items())
        s.sendall(record(1, struct.pack(">HB5x", 1, 0)) + record(4, text) + record(4) + record(5))
    else:
        s.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    return s

others = send("/right")
send("/wrong")
text = b""
try:
    while part := others.recv(4096):
        text += part
except ConnectionError:
    pass
print(f"{sys.argv[1]}: the other request got {text!r}")
sys.exit(b"right" not in text)
END
go version
go build -o server .
seen=
for kind in http fcgi; do
	./server "$kind" "$work/$kind" 2>"$kind.log" &
	server=$!
	if /usr/bin/python3 client.py "$kind" "$work/$kind"; then seen+="$kind:answered "; else seen+="$kind:nothing "; fi
	kill "$server" 2>/dev/null || true
	status=0
	wait "$server" || status=$?
	echo "$kind: the server ended with status $status"
	[ "$kind" = http ] || [ "$status" = 2 ]
done
[ "$seen" = "http:answered fcgi:nothing " ]
