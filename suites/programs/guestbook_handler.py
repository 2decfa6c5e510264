"""The guestbook as a handler of mod_python: the database is opened when Apache imports this, and stays open."""

from mod_python import apache

from guestbook import Guestbook

book = Guestbook()


def handler(req):
    answer = book.answer(req.method, req.path_info or "/", lambda: req.read().decode(errors="surrogateescape"))
    req.status = int(answer.status.split()[0])
    for name, value in answer.headers:
        if name == "Content-Type":
            req.content_type = value
        elif name == "Content-Length":
            req.set_content_length(int(value))
        else:
            req.headers_out[name] = value
    req.write(answer.body)
    return apache.OK
