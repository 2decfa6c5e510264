#!/usr/bin/env bash
# Go 1.26.8: the build settings that a binary records have -ldflags, but not if it was built with -trimpath, though
# -tags and the other flags stay. Two builds that differ in what -X sets, or in whether they are static, then record the
# same settings, so that `go version -m` cannot tell them apart.
# Seen: without -trimpath "build -ldflags=..." is there, with it that line is missing.
set -euo pipefail
export GOTOOLCHAIN=go1.26.8 GOFLAGS=
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
go version
go mod init example.org/settings 2>/dev/null
printf 'package main\n\nvar text string\n\nfunc main() { println(text) }\n' >main.go

settings() { # FLAG...: the settings that the binary records
	go build "$@" -o program . && go version -m program | sed -n 's/^\tbuild\t//p'
}
plain=$(settings -tags=netgo '-ldflags=-X main.text=one')
trimmed=$(settings -trimpath -tags=netgo '-ldflags=-X main.text=one')
other=$(settings -trimpath -tags=netgo '-ldflags=-X main.text=two -s')
printf 'without -trimpath:\n%s\nwith -trimpath:\n%s\n' "$plain" "$trimmed"

grep -q '^-ldflags=' <<<"$plain"
! grep -q '^-ldflags=' <<<"$trimmed"
grep -q '^-tags=netgo$' <<<"$trimmed"
[ "$trimmed" = "$other" ]
echo "as described"
