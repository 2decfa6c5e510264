#!/bin/sh
# measure.sh URL HOST... measures a server from several hosts at once, over ssh, and merges what they have measured.
set -eu
url=$1 start=$(date -u -d '+15 seconds' +%FT%TZ) dir=$(mktemp -d) k=0
shift
for host; do
	k=$((k + 1))
	ssh -n "$host" "forktax run --part $k/$# --start-at $start --seed 1 --target 'server=$url' ${LOAD:---rate 1000} \
		--results /tmp/forktax-$start >&2; cd /tmp/forktax-$start && tar -cf - ./*-${k}of$#" | tar -xf - -C "$dir" &
done
wait
forktax merge "$dir"/*
