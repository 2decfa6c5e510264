#!/usr/bin/env bash
# uWSGI 2.0.21 (Debian 12), HTTP router (--http): REMOTE_PORT is the client's port with its two bytes swapped, because the
# router prints the number in network byte order. A client at port 51000 (0xC738) appears as 14535 (0x38C7). SERVER_PORT and
# REMOTE_ADDR are right, so logs look plausible until a port is compared with those of a firewall or of another server.
# Seen: for five connections, REMOTE_PORT differs from the client's port, and is equal to it with its bytes swapped.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -q uwsgi-core=2.0.21-5.1 libcap2 libjansson4 libmatheval1 libyajl2 >/dev/null 2>&1
for package in *.deb; do dpkg-deb -x "$package" root; done
mkdir bin
printf '#!/bin/sh\nprintf "Content-Type: text/plain\\n\\n%%s" "$REMOTE_PORT"\n' >bin/port
chmod +x bin/port
cat >client.py <<'END'
import socket, sys, time

def ask():
    with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as s:
        s.sendall(b"GET /cgi-bin/port HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        text = b""
        while part := s.recv(4096):
            text += part
        return s.getsockname()[1], int(text.split(b"\r\n\r\n")[1])

for attempt in range(50):
    try:
        ask()
        break
    except OSError:
        time.sleep(0.1)
swapped = 0
for _ in range(5):
    real, seen = ask()
    print(f"the client's port is {real}, REMOTE_PORT is {seen}")
    swapped += seen != real and seen == (real & 0xff) << 8 | real >> 8
sys.exit(swapped < 4) # a port of two equal bytes is its own reverse
END
port=$(/usr/bin/python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
libraries=$(find root -name '*.so*' -exec dirname {} + | sort -u | paste -sd:)
LD_LIBRARY_PATH=$libraries root/usr/bin/uwsgi-core --plugins-dir root/usr/lib/uwsgi/plugins --plugins http,cgi \
	--http "127.0.0.1:$port" --http-modifier1 9 --master --die-on-term --cgi "/cgi-bin=$work/bin" --logto "$work/log" &
server=$!
status=0
/usr/bin/python3 client.py "$port" || status=$?
kill "$server"
wait "$server" || true
exit "$status"
