-- hello as a CGI program in Lua.
io.write("Content-Type: text/plain; charset=utf-8\n\nhello\n")
