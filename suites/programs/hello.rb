#!/usr/bin/ruby
# hello as a CGI program in Ruby.
print "Content-Type: text/plain; charset=utf-8\n\nhello\n"
