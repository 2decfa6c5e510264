#!/usr/bin/escript
%% hello as a CGI program in Erlang.
main(_) -> io:put_chars("Content-Type: text/plain; charset=utf-8\n\nhello\n").
