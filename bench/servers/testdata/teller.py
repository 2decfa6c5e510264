#!/usr/bin/python3
# Does the same as teller.sh, for servers of Python scripts.
import os
import sys

import burner

burner.burn(os.environ.get("QUERY_STRING"))
length = int(os.environ.get("CONTENT_LENGTH") or 0)
body = sys.stdin.read(length) if length else ""
data = open(os.environ["STACK_DATA"]).read()
sys.stdout.write("Status: 201 Created\nContent-Type: text/plain; charset=utf-8\n\n" + " ".join(
    [os.environ["REQUEST_METHOD"], os.environ.get("PATH_INFO", ""), os.environ.get("QUERY_STRING", ""), body, data]))
