#!/usr/bin/env bash
# BusyBox 1.35.0 (Debian 12), httpd: the header Status of a CGI program counts only as the very first line of its output.
# After any other header, as many programs print it, the response has status 200, and Status becomes a header of the
# response. A header in lower case does not count either. RFC 3875 (section 6.3) gives the headers no order, and their
# names no case. So an error page looks like a success to caches, health checks and load generators.
# Seen: 404 if Status is the first line, and 200 if it is the second, or its name is in lower case.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -q busybox=1:1.35.0-4+deb12u1+b1 >/dev/null 2>&1
dpkg-deb -x busybox_*.deb root
busybox=root/bin/busybox
"$busybox" | sed -n 1p
mkdir -p site/cgi-bin
cat >site/cgi-bin/page <<'END'
#!/bin/sh
case $QUERY_STRING in
first) printf 'Status: 404 Not Found\r\nContent-Type: text/plain\r\n\r\nno\n' ;;
second) printf 'Content-Type: text/plain\r\nStatus: 404 Not Found\r\n\r\nno\n' ;;
lower) printf 'status: 404 Not Found\r\nContent-Type: text/plain\r\n\r\nno\n' ;;
*) printf 'Content-Type: text/plain\r\n\r\nyes\n' ;;
esac
END
chmod +x site/cgi-bin/page
port=$(/usr/bin/python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$busybox" httpd -f -p "127.0.0.1:$port" -h site &
server=$!
trap 'kill "$server"; rm -rf "$work"' EXIT
for _ in $(seq 50); do
	curl -sf -o /dev/null "http://127.0.0.1:$port/cgi-bin/page" && break
	sleep 0.1
done
status() { curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/cgi-bin/page?$1"; }
echo "Status first: $(status first), second: $(status second), in lower case: $(status lower)"
[ "$(status first) $(status second) $(status lower)" = "404 200 200" ]
