#!/usr/bin/env bash
# OpenJDK 17.0.19 (Debian 12), com.sun.net.httpserver: on a reused connection each response takes about 40 ms, although
# the handler takes microseconds. The header and the body are written apart, and TCP_NODELAY is not set by default, so
# the body waits for the client's delayed acknowledgement. The first request of a connection is fast, which hides it
# from tests with one request. The system property sun.net.httpserver.nodelay=true, which the documentation of the
# package does not name, brings a response below 5 ms.
# Seen: 20 requests on one connection take 780 ms or more by default, and less than 100 ms with the property.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
version=17.0.19+10-1~deb12u2
apt-get download -q openjdk-17-jdk-headless=$version openjdk-17-jre-headless=$version >/dev/null 2>&1
for package in *.deb; do dpkg-deb -x "$package" root; done
home=root/usr/lib/jvm/java-17-openjdk-amd64
find "$home" -lname '/etc/*' | while read -r link; do # the configuration of the package, not of the system
	ln -sf "$work/root$(readlink "$link")" "$link"
done
cat >Hello.java <<'END'
import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;

public class Hello {
    public static void main(String[] arguments) throws Exception {
        byte[] hello = "hello\n".getBytes();
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, hello.length);
            exchange.getResponseBody().write(hello);
            exchange.close();
        });
        server.start();
        System.out.println(server.getAddress().getPort());
    }
}
END
"$home/bin/javac" Hello.java
cat >client.py <<'END'
import http.client, sys, time

connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
def get():
    connection.request("GET", "/")
    assert connection.getresponse().read() == b"hello\n"
get() # loads classes
began = time.monotonic()
for _ in range(20):
    get()
print(int(1000 * (time.monotonic() - began)))
END
# milliseconds prints how long 20 requests take, with options for the server.
milliseconds() {
	: >port
	"$home/bin/java" "$@" -cp . Hello >port &
	local server=$! status=0
	for _ in $(seq 100); do [ -s port ] && break; sleep 0.1; done
	/usr/bin/python3 client.py "$(cat port)" || status=$?
	kill "$server"
	wait "$server" || true
	return "$status"
}
slow=$(milliseconds) fast=$(milliseconds -Dsun.net.httpserver.nodelay=true)
echo "20 requests: $slow ms by default, $fast ms with nodelay"
[ "$slow" -ge 600 ] && [ "$fast" -lt 200 ]
