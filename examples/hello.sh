#!/bin/sh
# The smallest program that speaks CGI: forktax serve --cgi ./examples/hello.sh
printf 'Content-Type: text/plain\n\nhello\n'
