#!/usr/bin/env bash
# h2o 2.2.5 (Debian 12), fastcgi-cgi: a CGI program that responds with Location alone, which RFC 3875 (section 6.2.3) makes
# a redirect with status 302, gets status 200: the header Location is passed on, and browsers do not follow it. Every other
# CGI host adds the status, so old programs print no Status and end on an empty page. A program does not see
# GATEWAY_INTERFACE either, by which it knows that it is one of CGI.
# Seen: status 200 with Location; GATEWAY_INTERFACE is not set, while SERVER_PROTOCOL is.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -q h2o=2.2.5+dfsg2-7 libh2o0.13=2.2.5+dfsg2-7 libh2o-evloop0.13=2.2.5+dfsg2-7 libyaml-0-2 libwslay1 >/dev/null 2>&1
for package in *.deb; do dpkg-deb -x "$package" root; done
mkdir site
cat >site/page.cgi <<'END'
#!/bin/sh
case $QUERY_STRING in
away) printf 'Location: http://localhost/there\n\n' ;;
*) printf 'Content-Type: text/plain\n\n'; env | grep -e ^GATEWAY_INTERFACE -e ^SERVER_PROTOCOL ;;
esac
END
chmod +x site/page.cgi
port=$(/usr/bin/python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
user=
[ "$(id -u)" != 0 ] || user="user: root"
cat >conf <<END
$user
listen:
  host: 127.0.0.1
  port: $port
hosts:
  default:
    paths:
      /:
        file.dir: $work/site
        file.custom-handler:
          extension: .cgi
          fastcgi.spawn: "exec $work/root/usr/share/h2o/fastcgi-cgi"
END
libraries=$(find root -name '*.so*' -exec dirname {} + | sort -u | paste -sd:)
LD_LIBRARY_PATH=$libraries H2O_ROOT=root/usr root/usr/bin/h2o -c conf >log 2>&1 &
server=$!
for _ in $(seq 50); do
	curl -sf -o hello "http://127.0.0.1:$port/page.cgi" && break
	sleep 0.1
done
status=$(curl -s -o /dev/null -w '%{http_code} %{header_json}' "http://127.0.0.1:$port/page.cgi?away")
kill "$server"
wait "$server" || true
cat hello
echo "$status"
grep -q '^SERVER_PROTOCOL=' hello
! grep -q '^GATEWAY_INTERFACE' hello
[[ $status = 200* && $status = *http://localhost/there* ]]
