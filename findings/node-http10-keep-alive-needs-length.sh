#!/usr/bin/env bash
# Node 26.10.0, node:http: a response to an HTTP/1.0 request with "Connection: keep-alive" ends its connection, unless the
# handler itself has set Content-Length. response.end(text) adds the length for HTTP/1.1, but not for HTTP/1.0. ApacheBench
# (ab -k) and nginx as a proxy by default speak HTTP/1.0, so they open a connection for each request: a benchmark with -k
# measures connections, and says so only in the line "Keep-Alive requests: 0".
# Seen: the same handler keeps a connection of HTTP/1.1, and closes one of HTTP/1.0; with the header it keeps both.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-save --prefix . node@26.10.0 >/dev/null
node=$(find node_modules -path '*/bin/node' -type f | head -1)
"$node" --version
cat >server.js <<'END'
const server = require("node:http").createServer((request, response) => {
	if (request.url === "/length") response.setHeader("Content-Length", 5);
	response.end("hello");
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
END
"$node" server.js >port &
server=$!
trap 'kill "$server"; rm -rf "$work"' EXIT
for _ in $(seq 50); do
	[ -s port ] && break
	sleep 0.1
done
cat >client.py <<'END'
import socket, sys

def keeps(path, version):
    request = f"GET {path} HTTP/{version}\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=2) as s:
        s.sendall(request)
        text = b""
        while not text.endswith(b"hello"):
            text += s.recv(4096)
        s.settimeout(0.5)
        try:
            return s.recv(1) != b""
        except TimeoutError:
            return True

for path in "/", "/length":
    print(path, "keeps a connection of HTTP/1.1:", keeps(path, "1.1"), " of HTTP/1.0:", keeps(path, "1.0"))
sys.exit([keeps(p, v) for p in ("/", "/length") for v in ("1.1", "1.0")] != [True, False, True, True])
END
/usr/bin/python3 client.py "$(cat port)"
