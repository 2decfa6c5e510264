#!/usr/bin/env bash
# mod_fcgid 2.3.9 (Debian 12, Apache 2.4): a request that finds all processes busy sleeps for one second and then looks
# again, although a process has been free since 50 ms. So with as many clients as processes allowed, or one more, the
# median response time looks right, and the slowest requests take a second longer for no work. Two requests that come at
# once need twice the time of one from a server with a queue.
# Seen, with one process that takes 50 ms: 0.05 s for each of two requests in turn; 0.05 s and 1.05 s for two at once.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work"
apt-get download -q libapache2-mod-fcgid=1:2.3.9-4 apache2-bin libapr1 libaprutil1 >/dev/null 2>&1
for package in *.deb; do dpkg-deb -x "$package" root; done
modules=$work/root/usr/lib/apache2/modules
export LD_LIBRARY_PATH=$(echo "$work"/root/usr/lib/*-linux-gnu)
mkdir site
cat >site/page.fcgi <<'END'
#!/usr/bin/python3
import socket, struct, time
listener = socket.socket(fileno=0)
while True:
    conn, _ = listener.accept()
    stream = conn.makefile("rwb")
    while len(head := stream.read(8)) == 8:
        _, kind, request, size, padding, _ = struct.unpack(">BBHHBB", head)
        stream.read(size + padding)
        if kind == 5 and size == 0:  # the end of the request
            time.sleep(0.05)
            body = b"Content-Type: text/plain\r\n\r\nhello\n"
            for kind, text in ((6, body), (6, b""), (3, bytes(8))):
                stream.write(struct.pack(">BBHHBB", 1, kind, request, len(text), 0, 0) + text)
            stream.flush()
            break
    conn.close()
END
chmod 755 site/page.fcgi
port=$(/usr/bin/python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
user=
[ "$(id -u)" != 0 ] || user=$'User www-data\nGroup www-data'
mkdir ipc
chmod 777 ipc
cat >conf <<END
ServerRoot $work
ServerName localhost
Listen 127.0.0.1:$port
PidFile $work/pid
ErrorLog $work/error.log
Mutex file:$work default
$user
LoadModule mpm_event_module $modules/mod_mpm_event.so
LoadModule authz_core_module $modules/mod_authz_core.so
LoadModule fcgid_module $modules/mod_fcgid.so
DocumentRoot $work/site
FcgidIPCDir $work/ipc
FcgidProcessTableFile $work/ipc/table
FcgidMaxProcesses 1
<Directory $work/site>
	Options +ExecCGI
	SetHandler fcgid-script
</Directory>
END
root/usr/sbin/apache2 -D FOREGROUND -f "$work/conf" &
server=$!
cat >ask.py <<'END'
import concurrent.futures, sys, time, urllib.request

def ask(_=None):
    began = time.monotonic()
    with urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/page.fcgi") as response:
        assert response.read() == b"hello\n"
    return time.monotonic() - began

for _ in range(100):
    try:
        ask()
        break
    except OSError:
        time.sleep(0.1)
turn = [ask(), ask()]
with concurrent.futures.ThreadPoolExecutor(2) as both:
    once = sorted(both.map(ask, range(2)))
print("in turn: %.2f s and %.2f s; at once: %.2f s and %.2f s" % (*turn, *once))
sys.exit(not (max(turn) < 0.5 and once[0] < 0.5 and 1 <= once[1] < 1.5))
END
status=0
/usr/bin/python3 ask.py "$port" || status=$?
kill "$server"
wait "$server" || true
[ $status = 0 ]
echo "as described"
