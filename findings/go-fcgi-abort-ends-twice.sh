#!/usr/bin/env bash
# net/http/fcgi of Go 1.26 ends an aborted request twice: FCGI_ABORT_REQUEST is answered with FCGI_END_REQUEST at once, and
# the handler, which only notices by an error of its body, then writes its response and a second FCGI_END_REQUEST with the
# same number. A host that keeps the connection and has used the number again takes these records for those of its next
# request. FastCGI 1.0 (section 5.4) has the application end the request once.
# Seen: two records of type 3 for request 1, with standard output between them.
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
)

func main() {
	l, err := net.Listen("unix", os.Args[1])
	if err != nil {
		panic(err)
	}
	fcgi.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		io.WriteString(w, "body: "+err.Error())
	}))
}
END
cat >client.py <<'END'
import socket, struct, sys, time

def record(kind, content=b""):
    return struct.pack(">BBHHBB", 1, kind, 1, len(content), 0, 0) + content

s = socket.socket(socket.AF_UNIX)
for attempt in range(200):
    try:
        s.connect(sys.argv[1])
        break
    except OSError:
        time.sleep(0.05)
pairs = {"REQUEST_METHOD": "POST", "SERVER_PROTOCOL": "HTTP/1.1", "REQUEST_URI": "/", "CONTENT_LENGTH": "10"}
text = b"".join(bytes([len(n), len(v)]) + n.encode() + v.encode() for n, v in pairs.items())
s.sendall(record(1, struct.pack(">HB5x", 1, 1)) + record(4, text) + record(4) + record(5, b"first") + record(2))
s.settimeout(2)
f, kinds = s.makefile("rb"), []
try:
    while len(head := f.read(8)) == 8:
        _, kind, number, length, padding, _ = struct.unpack(">BBHHBB", head)
        content = f.read(length + padding)[:length]
        kinds.append(kind)
        print("record of type", kind, "for request", number, content)
except TimeoutError:
    pass
sys.exit(not (kinds.count(3) == 2 and kinds[0] == 3 and 6 in kinds))
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
