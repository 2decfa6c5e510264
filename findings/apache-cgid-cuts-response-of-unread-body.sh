#!/usr/bin/env bash
# Apache 2.4 (Debian 12), mod_cgid: if a CGI program answers without reading all of the request's body, the client gets the
# answer without its end: the chunks come, but not the last one, and the connection is closed. The program does all that RFC
# 3875 asks of it (section 4.2: a script is not obliged to read the data). So a page that refuses an upload by its size or
# its user, and says so, appears as a network error. curl ends with status 18, browsers show no page. lighttpd and nginx
# with fcgiwrap send the whole answer.
# Seen: for a program that reads 2 of 20,000 bytes, the answer without its end in 10 of 10 requests; whole if it reads all.
set -euo pipefail
work=$(mktemp -d)
chmod 755 "$work"
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -q apache2-bin=2.4.71-1~deb12u1 libapr1 libaprutil1 libbrotli1 libcurl4 libjansson4 liblua5.3-0 libnghttp2-14 >/dev/null 2>&1
for package in *.deb; do dpkg-deb -x "$package" root; done
mkdir cgi-bin
cat >cgi-bin/page <<'END'
#!/bin/sh
case $QUERY_STRING in
part) head -c 2 >/dev/null ;;
*) head -c "${CONTENT_LENGTH:-0}" >/dev/null ;;
esac
printf 'Content-Type: text/plain\n\nthe answer\n'
END
chmod 755 cgi-bin/page
port=$(/usr/bin/python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
modules=$work/root/usr/lib/apache2/modules
cat >conf <<END
ServerRoot $work
ServerName localhost
Listen 127.0.0.1:$port
PidFile $work/pid
Mutex file:$work default
ErrorLog $work/error.log
LoadModule mpm_event_module $modules/mod_mpm_event.so
LoadModule authz_core_module $modules/mod_authz_core.so
LoadModule alias_module $modules/mod_alias.so
LoadModule cgid_module $modules/mod_cgid.so
ScriptSock $work/sock
ScriptAlias /cgi-bin/ $work/cgi-bin/
User www-data
Group www-data
END
libraries=$(find root -name '*.so*' -path '*linux-gnu*' -exec dirname {} + | sort -u | paste -sd:)
export LD_LIBRARY_PATH=$libraries
root/usr/sbin/apache2 -v | sed -n 1p
root/usr/sbin/apache2 -f "$work/conf" -DFOREGROUND &
server=$!
trap 'kill "$server"; wait "$server" || true; rm -rf "$work"' EXIT
unset LD_LIBRARY_PATH
head -c 20000 /dev/zero >body
for _ in $(seq 50); do
	curl -sf -o answer "http://127.0.0.1:$port/cgi-bin/page" && break
	sleep 0.1
done
cut=0 whole=0
for _ in $(seq 10); do
	status=0
	curl -s -H 'Expect:' --data-binary @body -o answer "http://127.0.0.1:$port/cgi-bin/page?part" || status=$?
	[ "$status" = 0 ] || cut=$((cut + 1))
	curl -sf -H 'Expect:' --data-binary @body -o answer "http://127.0.0.1:$port/cgi-bin/page?all" && whole=$((whole + 1))
done
echo "body read in part: $cut of 10 answers without their end; body read: $whole of 10 whole"
[ "$cut $whole" = "10 10" ]
