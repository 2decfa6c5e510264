#!/usr/bin/env bash
# hey 0.1.4 (Debian 12): -n is rounded down to a multiple of -c, without a word. Each of the -c workers sends n/c requests,
# a whole number, so the rest is not sent: a comparison of two servers by a fixed number of requests, with another -c for
# each, compares other numbers. ApacheBench, whose options these are, sends them all. Rates and the summary are those of
# the requests that were sent.
# Seen: hey -n 10 -c 3 sends 9 requests, and hey -n 10 -c 6 sends 6.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -q hey=0.1.4-2+b4 >/dev/null 2>&1
dpkg-deb -x hey_*.deb root
cat >count.py <<'END'
import http.server, subprocess, sys, threading

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    requests = 0
    def do_GET(self):
        with lock:
            Handler.requests += 1
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *_):
        pass

lock = threading.Lock()
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
sent = []
for clients in ("3", "6"):
    before = Handler.requests
    subprocess.run(["root/usr/bin/hey", "-n", "10", "-c", clients, f"http://127.0.0.1:{server.server_port}/"],
                   check=True, stdout=subprocess.DEVNULL)
    sent.append(Handler.requests - before)
    print(f"hey -n 10 -c {clients}: {sent[-1]} requests")
sys.exit(sent != [9, 6])
END
/usr/bin/python3 count.py
