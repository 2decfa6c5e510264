#!/usr/bin/env bash
# Bun 1.4.5, Bun.serve: the url of a Request is absolute, as the Fetch standard has it, but for a request of HTTP/1.0
# without Host it is the path alone. new URL(request.url), with which nearly every router begins, then throws, and the
# client gets status 500. Health checks of load balancers send such requests (HAProxy's option httpchk by default), as do
# old benchmarks. Deno puts the server's own address there.
# Seen: "http://127.0.0.1/page" with Host; "/page" without, and status 500 from a handler that parses it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-save --prefix . @oven/bun-linux-x64@1.4.5 >/dev/null
bun=node_modules/@oven/bun-linux-x64/bin/bun
"$bun" --version
cat >server.js <<'END'
const server = Bun.serve({
	port: 0, hostname: "127.0.0.1", development: false,
	fetch(request) {
		if (request.method === "PUT") return new Response(request.url);
		return new Response(new URL(request.url).pathname);
	},
});
console.log(server.port);
END
"$bun" server.js >port 2>log &
server=$!
trap 'kill "$server"; rm -rf "$work"' EXIT
for _ in $(seq 50); do
	[ -s port ] && break
	sleep 0.1
done
cat >client.py <<'END'
import socket, sys

def ask(request):
    with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=5) as s:
        s.sendall(request.encode())
        text = b""
        while part := s.recv(4096):
            text += part
        head, body = text.decode().split("\r\n\r\n", 1)
        return head.split()[1], body.strip()

host = ask("PUT /page HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
none = ask("PUT /page HTTP/1.0\r\n\r\n")
parsed = ask("GET /page HTTP/1.0\r\n\r\n")[0]
print(f"url with Host {host[1]}, without {none[1]}; status of a handler that parses it: {parsed}")
sys.exit(host != ("200", "http://127.0.0.1/page") or none != ("200", "/page") or parsed != "500")
END
/usr/bin/python3 client.py "$(cat port)"
