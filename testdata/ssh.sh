#!/bin/sh
# ssh.sh SCRIPT BIN runs the example with a server of ssh on this machine, which has two names.
set -eu
script=$1 PATH=$2:$PATH dir=$(mktemp -d) port=$((20000 + $$ % 10000)) pids=
trap 'for pid in $pids; do kill $pid 2>/dev/null || true; done; wait; rm -rf $dir /tmp/forktax-*T*Z' EXIT
[ -d /run/sshd ] || mkdir -m 755 /run/sshd
ssh-keygen -q -t ed25519 -N '' -f $dir/host
ssh-keygen -q -t ed25519 -N '' -f $dir/key
cp $dir/key.pub $dir/authorized
cat >$dir/sshd_config <<CONF
Port $port
ListenAddress 127.0.0.1
HostKey $dir/host
AuthorizedKeysFile $dir/authorized
StrictModes no
PidFile $dir/pid
SetEnv PATH=$PATH
CONF
cat >$dir/ssh_config <<CONF
Host one two
  HostName 127.0.0.1
  Port $port
  IdentityFile $dir/key
  UserKnownHostsFile $dir/known
  StrictHostKeyChecking no
CONF
$(command -v sshd || echo /usr/sbin/sshd) -D -f $dir/sshd_config 2>$dir/sshd.log &
pids=$!
forktax serve --workload $2/forktax-hello >$dir/server 2>$dir/err &
pids="$! $pids"
for try in $(seq 100); do grep -q ready $dir/server && break; sleep 0.1; done
mkdir $dir/bin
printf '#!/bin/sh\nexec %s -F %s/ssh_config "$@"\n' "$(command -v ssh)" $dir >$dir/bin/ssh
chmod 755 $dir/bin/ssh
cd $dir
status=0
PATH=$dir/bin:$PATH LOAD='--rate 300 --rounds 6 --warm-up 300ms' sh $script $(cut -d' ' -f2 server) one two || status=$?
[ $status = 0 ] || [ $status = 3 ] || { cat $dir/sshd.log; exit 1; } # a noisy machine may leave the run inconclusive
