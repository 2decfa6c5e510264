#!/bin/sh
# Prints the request that it got. The query burn uses CPU time.
i=0
[ "$QUERY_STRING" = burn ] && while [ $i -lt 200000 ]; do i=$((i + 1)); done
printf 'Status: 201\nContent-Type: text/plain; charset=utf-8\n\n%s %s %s %s %s' "$REQUEST_METHOD" "$PATH_INFO" "$QUERY_STRING" "$(head -c "${CONTENT_LENGTH:-0}")" \
	"$([ -z "$STACK_DATA" ] || cat "$STACK_DATA")"
