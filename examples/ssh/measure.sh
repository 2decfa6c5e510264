#!/bin/sh
# measure.sh URL HOST... measures a server from several hosts at once, over ssh, and merges what they have measured.
set -eu
url=$1 start=$(date -u -d '+15 seconds' +%FT%TZ) dir=$(mktemp -d) k=0
shift
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT # ends the runs, too
trap 'exit 130' INT TERM
for host; do
	k=$((k + 1))
	ssh -n "$host" "forktax run --part $k/$# --start-at $start --seed 1 --target 'server=$url' ${LOAD:---rate 1000} \
		--results /tmp/forktax-$start-$k >&2; cd /tmp/forktax-$start-$k && tar -cf - . && rm -r /tmp/forktax-$start-$k" |
		tar -xf - -C "$dir" &
done
wait
status=0
forktax merge "$dir"/* || status=$?
[ $status -ne 0 ] || rm -r "$dir" # otherwise the parts stay
exit $status
