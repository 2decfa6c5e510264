#!/bin/sh
# hello as a CGI program for the shell.
printf 'Content-Type: text/plain; charset=utf-8\n\nhello\n'
