#!/usr/bin/env bash
# net/http/fcgi of Go 1.26 says that its connections can be multiplexed (FCGI_MPXS_CONNS is 1), but it reads a connection
# only as fast as the handlers read their bodies. While one handler has not read its body, no other request of the same
# connection begins. So a host that trusts the answer gets the longest time of any request as the time of all.
# Seen: a request that takes no time takes about a second beside one whose handler sleeps for a second before it reads
# its body; on a connection of its own, milliseconds.
# FCGI_GET_VALUES is answered with two records, the second of them empty, whatever values it asks for.
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
	l, err := net.Listen("unix", os.Args[1])
	if err != nil {
		panic(err)
	}
	fcgi.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			time.Sleep(time.Second)
		}
		io.Copy(io.Discard, r.Body)
		io.WriteString(w, r.URL.Path)
	}))
}
END
cat >client.py <<'END'
import socket, struct, sys, time

def record(kind, number, content=b""):
    return struct.pack(">BBHHBB", 1, kind, number, len(content), 0, 0) + content

def begin(number, path, body):
    pairs = {"REQUEST_METHOD": "POST", "SERVER_PROTOCOL": "HTTP/1.1", "REQUEST_URI": path, "CONTENT_LENGTH": str(len(body))}
    text = b"".join(bytes([len(n), len(v)]) + n.encode() + v.encode() for n, v in pairs.items())
    return (record(1, number, struct.pack(">HB5x", 1, 1)) + record(4, number, text) + record(4, number)
            + (record(5, number, body) if body else b"") + record(5, number))

def connect():
    s = socket.socket(socket.AF_UNIX)
    for attempt in range(200):
        try:
            s.connect(sys.argv[1])
            return s, s.makefile("rb")
        except OSError:
            time.sleep(0.05)
    sys.exit("the server does not listen")

def read(f):
    _, kind, number, length, padding, _ = struct.unpack(">BBHHBB", f.read(8))
    content = f.read(length)
    f.read(padding)
    return kind, number, content

def until_end(f, number):
    while read(f)[:2] != (3, number):
        pass

s, f = connect()
s.sendall(record(9, 0, bytes([14, 0]) + b"FCGI_MAX_CONNS"))
first, second = read(f), read(f)
print("asked for FCGI_MAX_CONNS:", first, second)
s.sendall(begin(1, "/slow", b"x" * 1000))
began = time.monotonic()
s.sendall(begin(2, "/fast", b""))
until_end(f, 2)
beside = time.monotonic() - began
t, g = connect()
s.sendall(begin(3, "/slow", b"x" * 1000))
began = time.monotonic()
t.sendall(begin(1, "/fast", b""))
until_end(g, 1)
alone = time.monotonic() - began
print(f"/fast beside /slow on a connection: {beside:.3f} s; on its own: {alone:.3f} s")
ok = first[:2] == (10, 0) and b"FCGI_MPXS_CONNS1" in first[2] and second == (10, 0, b"") and beside > 0.8 and alone < 0.5
sys.exit(not ok)
END
go version
go build -o server .
./server "$work/socket" &
server=$!
status=0
/usr/bin/python3 client.py "$work/socket" || status=$?
kill "$server"
wait "$server" || true
exit "$status"
