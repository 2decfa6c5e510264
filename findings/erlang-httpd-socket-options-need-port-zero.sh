#!/usr/bin/env bash
# Erlang/OTP 25.2.3 (Debian 12), httpd of inets 8.2.2: the property socket_type may be {ip_comm, Config}, with options
# of gen_tcp:listen/2. With a port that the system chooses (port 0) the server starts and the options have an effect.
# With a given port, which is what a server in use has, it does not start: no clause of http_transport:listen/4 matches
# (erlang/otp issue 11312, of 2026). The option that matters is nodelay: without it, each response on a reused connection
# takes about 40 ms, since header and body are written apart and the body waits for the client's delayed
# acknowledgement. With a given port, only inet_default_listen_options of the application kernel sets it, for all
# listening sockets of the node.
# Seen: {ip_comm, [{nodelay, true}]} gives function_clause with a given port; 20 requests on one connection take 780 ms
# or more with ip_comm, and less than 200 ms with that form at port 0, and with the parameter at a given port.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
version=25.2.3+dfsg-1+deb12u4
apt-get download -q "erlang-base=1:$version" "erlang-inets=1:$version" >/dev/null 2>&1
for package in *.deb; do dpkg-deb -x "$package" root; done
root=$work/root/usr/lib/erlang
bin=$(echo "$root"/erts-*/bin)
erl=(timeout 60 env "HOME=$work" "ROOTDIR=$root" "BINDIR=$bin" EMU=beam PROGNAME=erl "$bin/erlexec" -noshell
	-kernel logger_level none)
cat >hello.erl <<'END'
-module(hello).
-export([start/2, do/1]).

start(Type, Wanted) ->
    {ok, _} = application:ensure_all_started(inets),
    case inets:start(httpd, [{port, Wanted}, {bind_address, {127, 0, 0, 1}}, {server_name, "localhost"},
                             {server_root, "."}, {document_root, "."}, {socket_type, Type}, {modules, [?MODULE]}]) of
        {ok, Pid} -> [{port, Port}] = httpd:info(Pid, [port]), io:format("~b~n", [Port]);
        {error, Why} -> io:format("~0p~n", [Why]), halt(0)
    end.

do(_) ->
    Head = [{code, 200}, {content_type, "text/plain"}, {content_length, "6"}],
    {proceed, [{response, {response, Head, "hello\n"}}]}.
END
cat >client.py <<'END'
import http.client, sys, time

connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
def get():
    connection.request("GET", "/")
    assert connection.getresponse().read() == b"hello\n"
get() # loads modules
began = time.monotonic()
for _ in range(20):
    get()
print(int(1000 * (time.monotonic() - began)))
END
free() { /usr/bin/python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
"${erl[@]}" -eval '{ok, _} = compile:file(hello), halt().' </dev/null
# milliseconds prints how long 20 requests take. The first argument is that of hello:start, then come flags of the node.
milliseconds() {
	local server status=0 start=$1
	shift
	: >port
	"${erl[@]}" "$@" -eval "hello:start($start)." </dev/null >port &
	server=$!
	for _ in $(seq 100); do [ -s port ] && break; sleep 0.1; done
	/usr/bin/python3 client.py "$(cat port)" || status=$?
	kill "$server"
	wait "$server" || true
	return "$status"
}
error=$("${erl[@]}" -eval "hello:start({ip_comm, [{nodelay, true}]}, $(free))." </dev/null)
plain=$(milliseconds "ip_comm, $(free)")
chosen=$(milliseconds '{ip_comm, [{nodelay, true}]}, 0')
kernel=$(milliseconds "ip_comm, $(free)" -kernel inet_default_listen_options '[{nodelay,true}]')
echo "{ip_comm, Config} at a given port: $(grep -o 'function_clause,\[{http_transport,[a-z]*' <<<"$error" | head -n 1)"
echo "20 requests: $plain ms with ip_comm, $chosen ms with {ip_comm, Config} at port 0, $kernel ms with kernel's parameter"
grep -q "function_clause,\[{http_transport,listen" <<<"$error"
[ "$plain" -ge 600 ] && [ "$chosen" -lt 200 ] && [ "$kernel" -lt 200 ]
