#!/usr/bin/env bash
# Mercurial 6.3.2 and mod_wsgi 4.9.4 (Debian 12, Python 3.11): a warning that hgweb prints, such as "not trusting file …
# from untrusted user" for a repository of another user, ends the request with status 500. Mercurial writes to the raw
# standard error in slices of type memoryview, and the stream by which mod_wsgi replaces it accepts bytes only: TypeError.
# By another WSGI server, and as CGI program, the same repository is served with 200, and the warning is in the log.
# Seen: 200 by Python's wsgiref, 500 by mod_wsgi with "write() argument 1 must be read-only bytes-like object, not
# memoryview".
set -euo pipefail
[ "$(id -u)" = 0 ] || { echo "run as root: the server must be another user than the owner of the repository"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work"
apt-get download -q mercurial=6.3.2-1+deb12u1 mercurial-common=6.3.2-1+deb12u1 libapache2-mod-wsgi-py3=4.9.4-1+b2 apache2-bin \
	libapr1 libaprutil1 libpython3.11 >/dev/null 2>&1
for package in *.deb; do dpkg-deb -x "$package" root; done
modules=$work/root/usr/lib/apache2/modules
export PYTHONPATH=$work/root/usr/lib/python3/dist-packages LD_LIBRARY_PATH=$(echo "$work"/root/usr/lib/*-linux-gnu)
export HGRCPATH=
/usr/bin/python3 root/usr/bin/hg init repo
printf '[web]\nname = repo\n' >repo/.hg/hgrc
cat >page.wsgi <<END
import sys
sys.path.insert(0, "$PYTHONPATH")
from mercurial.hgweb import hgweb
application = hgweb(b"$work/repo")
END
ports=$(/usr/bin/python3 -c 'import socket
a, b = (socket.create_server(("127.0.0.1", 0)) for _ in "ab")
print(a.getsockname()[1], b.getsockname()[1])')
read -r one other <<<"$ports"
cat >conf <<END
ServerRoot $work
ServerName localhost
Listen 127.0.0.1:$one
PidFile $work/pid
ErrorLog $work/error.log
Mutex file:$work default
User nobody
Group nogroup
LoadModule mpm_event_module $modules/mod_mpm_event.so
LoadModule authz_core_module $modules/mod_authz_core.so
LoadModule wsgi_module $(echo "$modules"/mod_wsgi.so-3.11)
WSGIApplicationGroup %{GLOBAL}
WSGIScriptAlias / $work/page.wsgi
END
root/usr/sbin/apache2 -D FOREGROUND -f "$work/conf" &
apache=$!
cat >serve.py <<'END'
import os, runpy, sys
from wsgiref.simple_server import make_server
os.setuid(65534)
make_server("127.0.0.1", int(sys.argv[1]), runpy.run_path("page.wsgi")["application"]).serve_forever()
END
/usr/bin/python3 serve.py "$other" 2>wsgiref.log &
reference=$!
for port in "$one" "$other"; do
	for _ in $(seq 100); do
		status[$port]=$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/log") && break
		sleep 0.1
	done
done
kill "$apache" "$reference"
wait "$apache" "$reference" || true
echo "mod_wsgi: ${status[$one]}, wsgiref: ${status[$other]}"
grep -o 'TypeError: write() argument 1 .*' error.log | head -1
grep -m1 'not trusting file' wsgiref.log
[ "${status[$one]} ${status[$other]}" = "500 200" ]
grep -q 'TypeError: write() argument 1 must be read-only bytes-like object, not memoryview' error.log
echo "as described"
