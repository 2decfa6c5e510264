"""The guestbook in Python: the same SQLite file, and the same responses byte for byte, as the program in Go.

A Guestbook has an open database. guestbook_cgi.py opens it for each request, guestbook_handler.py and
guestbook_wsgi.py once, when their process starts.
"""

import datetime
import os
import re
import sqlite3
import sys
import time
import urllib.parse

ON_PAGE = 50
LONGEST = 2000  # bytes of a name and a message together

TEXT = "text/plain; charset=utf-8"
HTML = "text/html; charset=utf-8"

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Guestbook</title>
</head>
<body>
<h1>Guestbook</h1>
<form method="post" action="/sign">
<label>Your name <input name="name" required></label>
<label>Your message <textarea name="message" required></textarea></label>
<button>Sign</button>
</form>
{articles}</body>
</html>
"""

ARTICLE = """<article id="entry-{id}">
<h2><a href="/entries/{id}">{name}</a>, {day}</h2>
<p>{message}</p>
</article>
"""

# The characters that Go's html/template escapes in text, with their escapes.
ESCAPES = str.maketrans({"\0": "\ufffd", '"': "&#34;", "&": "&amp;", "'": "&#39;", "+": "&#43;", "<": "&lt;", ">": "&gt;"})


class Answer:
    """A response, independent of the server: a status such as "200 OK", headers, and a body of bytes."""

    def __init__(self, status, body="", content_type=TEXT, location=None):
        self.status = status
        self.body = body.encode()
        self.headers = [("Content-Length", str(len(self.body)))]
        if location:
            self.headers.append(("Location", location))
        else:
            self.headers.append(("Content-Type", content_type))


class Guestbook:
    def __init__(self, path=None):
        path = path or os.environ["GUESTBOOK_DATABASE"]
        uri = "file:" + urllib.parse.quote(path) + "?mode=rw"
        # Each statement is a transaction. The threads of a server share the connection, which SQLite serializes.
        self.connection = sqlite3.connect(uri, uri=True, timeout=5, isolation_level=None, check_same_thread=False)
        self.connection.execute("PRAGMA synchronous = NORMAL")  # safe with journal mode WAL, as in the file

    def answer(self, method, path, body):
        """Returns the response to a request. The function body, called if needed, returns the form data."""
        try:
            if path == "/":
                return self.only(method, "GET") or self.page()
            if path == "/sign":
                return self.only(method, "POST") or self.sign(body())
            if match := re.fullmatch(r"/entries/(-?[0-9]{1,18})", path):
                return self.only(method, "GET") or self.entry(int(match[1]))
            return not_found()
        except sqlite3.Error as error:
            print(method, path + ":", error, file=sys.stderr)  # for the log; the client gets only the status
            return Answer("500 Internal Server Error", "Internal Server Error\n")

    @staticmethod
    def only(method, wanted):
        if method != wanted and not (method == "HEAD" and wanted == "GET"):
            return Answer("405 Method Not Allowed", "Method Not Allowed\n")

    def entry(self, id):
        row = self.connection.execute("SELECT id, name, message, signed_at FROM entries WHERE id = ?", (id,)).fetchone()
        if row is None:
            return not_found()
        id, name, message, signed = row
        return Answer("200 OK", f"{id}. {name}, {day(signed)}:\n{message}\n")

    def page(self):
        rows = self.connection.execute(
            "SELECT id, name, message, signed_at FROM entries ORDER BY id DESC LIMIT ?", (ON_PAGE,))
        articles = "".join(
            ARTICLE.format(id=id, name=name.translate(ESCAPES), day=day(signed), message=message.translate(ESCAPES))
            for id, name, message, signed in rows)
        return Answer("200 OK", PAGE.format(articles=articles), HTML)

    def sign(self, form):
        fields = dict(reversed(urllib.parse.parse_qsl(form, keep_blank_values=True, errors="surrogateescape")))
        name, message = fields.get("name", ""), fields.get("message", "")
        text = (name + message).encode(errors="surrogateescape")
        if not name or not message or len(text) > LONGEST:
            return Answer("400 Bad Request",
                          f"name and message must not be empty, and have at most {LONGEST} bytes together\n")
        if b"\0" in text or not is_utf8(text):
            return Answer("400 Bad Request", "name and message must be UTF-8 without NUL\n")
        self.connection.execute(
            "INSERT INTO waiting (name, message, signed_at) VALUES (?, ?, ?)", (name, message, int(time.time())))
        return Answer("303 See Other", location="/?thanks")


def not_found():
    return Answer("404 Not Found", "404 page not found\n")


def day(signed):
    """Returns the date of an entry, as text."""
    at = datetime.datetime.fromtimestamp(signed, datetime.timezone.utc)
    return f"{at.day} {at:%B %Y}"


def is_utf8(text):
    try:
        text.decode()
        return True
    except UnicodeDecodeError:
        return False
