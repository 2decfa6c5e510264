#!/usr/bin/python3
"""hello as a CGI program in Python: the interpreter is started, prints a header and a line, and ends."""

print("Content-Type: text/plain; charset=utf-8\n\nhello")
