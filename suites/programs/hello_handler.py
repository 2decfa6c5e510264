"""hello as a handler of mod_python: Apache calls a function, in a process that stays."""

from mod_python import apache


def handler(req):
    req.content_type = "text/plain; charset=utf-8"
    req.write("hello\n")
    return apache.OK
