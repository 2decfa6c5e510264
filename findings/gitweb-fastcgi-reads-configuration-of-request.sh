#!/usr/bin/env bash
# gitweb 2.39.5 (Debian 12) with --fcgi, and CGI.pm 4.55: FastCGI for Perl replaces the environment by the variables of each
# request, and gitweb reads GITWEB_CONFIG in the first request. So a configuration that is in the environment of the
# process, where the CGI program finds it, is ignored: the web server must send the variable with each request. gitweb
# prints "404 - No such project" and no hint.
# Seen: 200 as a CGI program; 404 from the FastCGI process with the same environment; 200 if the request has the variable.
# The page is not the same either: as FastCGI it has one more hidden field, ".cgifields", which CGI.pm adds to a form there.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -q git=1:2.39.5-0+deb12u3 libcgi-pm-perl=4.55-1 libcgi-fast-perl=1:2.15-1 libfcgi-perl spawn-fcgi \
	libhtml-parser-perl libfcgi0ldbl >/dev/null 2>&1
for package in *.deb; do dpkg-deb -x "$package" root; done
export PERL5LIB=$work/root/usr/share/perl5:$(echo root/usr/lib/*/perl5/* | sed "s,[^ ]*,$work/&,g" | tr ' ' :)
export LD_LIBRARY_PATH=$(echo "$work"/root/usr/lib/*-linux-gnu)
program=$work/root/usr/share/gitweb/gitweb.cgi
export GIT_AUTHOR_DATE=2020-01-01T00:00:00Z GIT_COMMITTER_DATE=2020-01-01T00:00:00Z HOME=$work
git init -q --bare repo.git
git init -q checkout
git -C checkout -c user.name=a -c user.email=a@example.org commit -q --allow-empty -m first
git -C checkout push -q ../repo.git HEAD:refs/heads/master
echo "\$projectroot = '$work';" >conf
export GITWEB_CONFIG=$work/conf
echo "as CGI program:"
GATEWAY_INTERFACE=CGI/1.1 REQUEST_METHOD=GET QUERY_STRING='p=repo.git;a=shortlog' SCRIPT_NAME= PATH_INFO=/ SERVER_NAME=localhost \
	SERVER_PORT=80 REQUEST_URI=/ /usr/bin/perl "$program" >page
grep -m1 -i '^status' page
port=$(/usr/bin/python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
root/usr/bin/spawn-fcgi -n -a 127.0.0.1 -p "$port" -- /usr/bin/perl "$program" --fcgi 2>log &
server=$!
cat >ask.py <<'END'
import re, socket, struct, sys, time

def record(kind, body):
    return struct.pack(">BBHHBB", 1, kind, 1, len(body), 0, 0) + body

def pair(name, value):
    sizes = b"".join(bytes([n]) if n < 128 else struct.pack(">I", n | 1 << 31) for n in (len(name), len(value)))
    return sizes + name.encode() + value.encode()

def ask(**more):
    variables = {"REQUEST_METHOD": "GET", "QUERY_STRING": "p=repo.git;a=shortlog", "SCRIPT_NAME": "", "PATH_INFO": "/",
                 "SERVER_NAME": "localhost", "SERVER_PORT": "80", "REQUEST_URI": "/", **more}
    for _ in range(100):
        try:
            conn = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
            break
        except ConnectionRefusedError:
            time.sleep(0.05)
    conn.sendall(record(1, struct.pack(">HB5x", 1, 0)) + record(4, b"".join(pair(*v) for v in variables.items())) +
                 record(4, b"") + record(5, b""))
    text, stream = b"", conn.makefile("rb")
    while len(head := stream.read(8)) == 8:
        _, kind, _, size, padding, _ = struct.unpack(">BBHHBB", head)
        body = stream.read(size + padding)[:size]
        text += body if kind == 6 else b""
    return text.decode()

def status(page):
    return int(re.match(r"Status: (\d+)", page)[1])

config = sys.argv[2]
if len(sys.argv) > 3:
    pages = [ask(GITWEB_CONFIG=config) for _ in range(3)]
    print("with the variable in the request:", [status(p) for p in pages])
    hidden = [p.count('name=".cgifields"') for p in [open("page").read(), *pages]]
    print("hidden fields as CGI program, and of these responses:", hidden)
    sys.exit(not ([status(p) for p in pages] == [200] * 3 and hidden == [0, 1, 1, 1]))
page = ask()
print("FastCGI, with the variable in the environment of the process:", status(page))
sys.exit(status(page) != 404)
END
/usr/bin/python3 ask.py "$port" "$work/conf"
kill "$server" 2>/dev/null || true # the process ends after an error
wait "$server" || true
root/usr/bin/spawn-fcgi -n -a 127.0.0.1 -p "$port" -- /usr/bin/perl "$program" --fcgi 2>log &
server=$!
/usr/bin/python3 ask.py "$port" "$work/conf" again
kill "$server"
wait "$server" || true
grep -q '^Status: 200' page
echo "as described"
