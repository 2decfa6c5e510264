#!/usr/bin/env bash
# glibc 2.36: looking a name up that has more than one address makes successful connect() calls to the addresses, although
# nothing is connected. getaddrinfo sorts the addresses by RFC 6724 and asks the kernel which source address each would
# have: it opens a UDP socket, connects it to each address, and reads its name. So who counts connections by tracing
# connect(), as with strace -e trace=connect, or an audit rule, sees connections to servers to which the program never
# spoke; with one address there are none. The socket's type is in no argument of connect().
# Seen: getent ahosts, which only looks up: no connection to one address; for a name with two addresses, one to each of them.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -q libc-bin=2.36-9+deb12u14 strace=6.1-0.1 libunwind8=1.6.2-3 >/dev/null 2>&1
for package in *.deb; do dpkg-deb -x "$package" root; done
printf '127.0.0.1 one.test\n127.0.0.1 two.test\n127.0.0.2 two.test\n' >hosts
cat >look <<'END2'
mount --bind hosts /etc/hosts
for name in one two; do
	LD_LIBRARY_PATH=$(echo root/usr/lib/*-linux-gnu) root/usr/bin/strace -f -o "$name" -e trace=connect root/usr/bin/getent ahosts "$name.test" >/dev/null
	grep -c 'AF_INET, .* = 0$' "$name" >"$name.count" || true
done
END2
unshare --user --map-root-user --mount sh look 2>/dev/null || unshare --mount sh look
root/usr/bin/getent --version | head -1
echo "connections to one address: $(cat one.count); to two addresses: $(cat two.count)"
[ "$(cat one.count)" = 0 ] && [ "$(cat two.count)" = 2 ]
