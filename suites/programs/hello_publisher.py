"""hello as a page of mod_python's publisher: the path of the URL names the function that answers."""


def index(req):
    req.content_type = "text/plain; charset=utf-8"
    return "hello\n"
