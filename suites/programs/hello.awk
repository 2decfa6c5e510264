#!/usr/bin/mawk -f
# hello as a CGI program in AWK.
BEGIN { printf "Content-Type: text/plain; charset=utf-8\n\nhello\n" }
