#!/usr/bin/env bash
# uWSGI 2.0.21 (Debian 12): a worker with --max-requests 1 serves request after request. It is replaced only if it has
# also lived for --min-worker-lifetime, 60 s unless set, of which --help tells one line and the log nothing. So who
# limits leaks by max-requests under load gets processes that serve all requests of a minute, and a comparison of its
# values measures one and the same thing.
# Seen: 200 requests by one process with the default; with a lifetime of 1 s another process after a second.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -q uwsgi-core=2.0.21-5.1 uwsgi-plugin-python3=2.0.21-5.1 libpython3.11 libjansson4 libmatheval1 libpcre2-8-0 \
	libyaml-0-2 libcap2 libzmq5 libxml2 >/dev/null 2>&1
for package in *.deb; do dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH=$(echo "$work"/root/usr/lib/*-linux-gnu)
cat >page.py <<'END'
import os

def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
END
cat >ask.py <<'END'
import sys, time, urllib.request

def ask():
    with urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/") as response:
        return response.read()

for _ in range(100):
    try:
        ask()
        break
    except OSError:
        time.sleep(0.1)
some = {ask() for _ in range(200)}
time.sleep(1.5)
for _ in range(2):  # after the first of them, the worker is replaced
    ask()
    time.sleep(1.5)
print("processes of 200 requests: %d; other processes afterwards: %d" % (len(some), len({ask()} - some)))
sys.exit(not (len(some) == 1 and len({ask()} - some) == int(sys.argv[2])))
END
check() { # NUMBER OPTION...
	local port server status=0 want=$1
	shift
	port=$(/usr/bin/python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
	root/usr/bin/uwsgi-core --plugins-dir root/usr/lib/uwsgi/plugins --plugins python3 --http-socket "127.0.0.1:$port" --master \
		--die-on-term --processes 1 --max-requests 1 --wsgi-file page.py "$@" 2>log &
	server=$!
	/usr/bin/python3 ask.py "$port" "$want" || status=$?
	kill "$server"
	wait "$server" || true
	return $status
}
echo "by default:"
check 0
echo "--min-worker-lifetime 1:"
check 1 --min-worker-lifetime 1
echo "as described"
