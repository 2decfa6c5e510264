#!/usr/bin/env bash
# nginx 1.22.1 (Debian 12): a response that breaks off behind it looks whole to a client that speaks HTTP/1.0, such as
# ab without -k, another nginx as it speaks to its upstream by default, or curl --http1.0. The upstream's response has no
# length, so that the end of the connection is its end; the upstream resets the connection. nginx logs that, and then
# closes the client's connection in order, where a reset would be the only mark that HTTP/1.0 has. A client that speaks
# HTTP/1.1 is told, by the missing last chunk.
# Seen: curl --http1.0 exits with 0 and fewer bytes than were promised; curl --http1.1 exits with 18.
set -euo pipefail
work=$(mktemp -d)
pids=()
finish() {
	for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
	wait
	rm -rf "$work"
}
trap finish EXIT
cd "$work"
apt-get download -q nginx=1.22.1-9+deb12u11 >/dev/null 2>&1
dpkg-deb -x nginx_*.deb root
mkdir -p temp
cat >upstream.py <<'END'
import http.server, socket, struct, sys

class Cut(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        self.wfile.write(b"x" * 300000)
        self.wfile.flush()
        if self.path == "/cut":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def log_message(self, *args):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Cut)
print(server.server_port, flush=True)
server.serve_forever()
END
/usr/bin/python3 upstream.py >port 2>upstream.log &
pids+=($!)
for _ in $(seq 50); do [ -s port ] && break; sleep 0.1; done
listen=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >nginx.conf <<END
daemon off;
master_process off;
pid $work/pid;
error_log $work/error.log error;
events {}
http {
	access_log off;
	client_body_temp_path $work/temp;
	proxy_temp_path $work/temp;
	fastcgi_temp_path $work/temp;
	uwsgi_temp_path $work/temp;
	scgi_temp_path $work/temp;
	server {
		listen 127.0.0.1:$listen;
		location / { proxy_pass http://127.0.0.1:$(cat port); }
	}
}
END
root/usr/sbin/nginx -v
root/usr/sbin/nginx -c "$work/nginx.conf" -e "$work/error.log" &
pids+=($!)
for _ in $(seq 50); do curl -s -o whole "http://127.0.0.1:$listen/whole" && break; sleep 0.1; done

fetch() { # VERSION PATH: the exit status and the number of bytes
	local status=0
	curl -s "--http$1" -o got "http://127.0.0.1:$listen/$2" || status=$?
	echo "$status $(wc -c <got)"
}
whole=$(fetch 1.0 whole)
old=$(fetch 1.0 cut)
new=$(fetch 1.1 cut)
printf 'whole by HTTP/1.0: %s\ncut by HTTP/1.0:   %s\ncut by HTTP/1.1:   %s\n' "$whole" "$old" "$new"
grep -o "readv() failed (104: [A-Za-z ]*)" error.log | sort -u

[ "$whole" = "0 300000" ]
[ "${old%% *}" = 0 ] && [ "${old##* }" -lt 300000 ]
[ "${new%% *}" = 18 ]
echo "as described"
