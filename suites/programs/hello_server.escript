#!/usr/bin/escript
%%! -kernel inet_default_listen_options [{nodelay,true}]
%% hello as a server of OTP's inets, at the port in PORT. Without nodelay, responses wait for delayed ACKs.
-module(hello_server).
-mode(compile).
-export([main/1, do/1]).

main(_) ->
    {ok, _} = application:ensure_all_started(inets),
    {ok, _} = inets:start(httpd, [{port, list_to_integer(os:getenv("PORT"))}, {bind_address, {127, 0, 0, 1}},
                                  {server_name, "localhost"}, {server_root, "."}, {document_root, "."},
                                  {modules, [?MODULE]}]),
    receive after infinity -> ok end.

do(_) ->
    Head = [{code, 200}, {content_type, "text/plain; charset=utf-8"}, {content_length, "6"}],
    {proceed, [{response, {response, Head, "hello\n"}}]}.
