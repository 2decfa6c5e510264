"""The guestbook as a WSGI application: the database is opened when the server imports this, and stays open."""

from guestbook import Guestbook

book = Guestbook()


def application(environ, start_response):
    def body():
        return environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode(errors="surrogateescape")

    answer = book.answer(environ["REQUEST_METHOD"], environ.get("PATH_INFO") or "/", body)
    start_response(answer.status, answer.headers)
    return [answer.body]
