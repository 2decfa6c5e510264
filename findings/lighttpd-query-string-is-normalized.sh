#!/usr/bin/env bash
# lighttpd 1.4.69 (Debian 12): QUERY_STRING of a CGI program is not what the client has sent, while REQUEST_URI is.
# By default lighttpd rewrites percent escapes of the query before a program sees it: those of letters, digits and some
# other characters are decoded, and the digits of the others become capital letters. RFC 3875 (section 4.1.7) passes the
# query on as it is. So a signature over the query, as in links that expire or webhooks, is right for other servers and
# wrong here, and only for some values.
# Seen: ?a=%41%2f%3d%7e reaches the program as QUERY_STRING a=A%2F%3D~, and as it was sent in REQUEST_URI.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -q lighttpd=1.4.69-1 libpcre2-8-0 libnettle8 libxxhash0 >/dev/null 2>&1
for package in *.deb; do dpkg-deb -x "$package" root; done
mkdir site
printf '#!/bin/sh\nprintf "Content-Type: text/plain\\n\\n%%s %%s" "$QUERY_STRING" "$REQUEST_URI"\n' >site/page.cgi
chmod +x site/page.cgi
port=$(/usr/bin/python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >conf <<END
server.document-root = "$work/site"
server.bind = "127.0.0.1"
server.port = $port
server.modules = ("mod_cgi")
cgi.assign = (".cgi" => "")
END
libraries=$(find root -name '*.so*' -path '*linux-gnu*' -exec dirname {} + | sort -u | paste -sd:)
LD_LIBRARY_PATH=$libraries root/usr/sbin/lighttpd -v
LD_LIBRARY_PATH=$libraries root/usr/sbin/lighttpd -D -f conf -m root/usr/lib/lighttpd >log 2>&1 &
server=$!
trap 'kill "$server"; rm -rf "$work"' EXIT
for _ in $(seq 50); do
	curl -sf -o /dev/null "http://127.0.0.1:$port/page.cgi" && break
	sleep 0.1
done
seen=$(curl -s "http://127.0.0.1:$port/page.cgi?a=%41%2f%3d%7e")
echo "sent a=%41%2f%3d%7e, seen: $seen"
[ "$seen" = "a=A%2F%3D~ /page.cgi?a=%41%2f%3d%7e" ]
