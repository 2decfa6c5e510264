#!/usr/bin/tclsh8.6
# hello as a CGI program in Tcl.
puts "Content-Type: text/plain; charset=utf-8\n\nhello"
