#!/usr/bin/env bash
# CPython 3.11 (Debian 12): sys.excepthook has the traceback as its third argument, but prints that of the exception
# instead, if it has one. A host that executes scripts and cuts its own frames off, by passing traceback.tb_next, still
# prints them. What has an effect is error.with_traceback. traceback.print_exception uses the argument.
# Seen: the hook prints the frame of the function "host", which the argument no longer has; print_exception does not.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
command -v /usr/bin/python3 >/dev/null || { apt-get update -q && apt-get install -qy --no-install-recommends python3; }
/usr/bin/python3 --version
cat >host.py <<'END'
import io, sys, traceback

def host(text):
    exec(compile(text, "script", "exec"))

try:
    host("1 / 0")
except ZeroDivisionError as error:
    cut = error.__traceback__.tb_next.tb_next  # begins in the script
    printed = {}
    for name, show in ("excepthook", sys.__excepthook__), ("print_exception", traceback.print_exception):
        sys.stderr, kept = io.StringIO(), sys.stderr
        show(type(error), error, cut)
        printed[name], sys.stderr = sys.stderr.getvalue(), kept
        print(name, "prints the frame of the host:", "in host" in printed[name])
    sys.exit(not ("in host" in printed["excepthook"] and "in host" not in printed["print_exception"]))
END
/usr/bin/python3 host.py
echo "as described"
