#!/usr/bin/python3
"""The guestbook as a CGI program: the interpreter, its modules, and the database are opened for this one request."""

import os
import sys

from guestbook import Guestbook


def body():
    return sys.stdin.buffer.read(int(os.environ.get("CONTENT_LENGTH") or 0)).decode(errors="surrogateescape")


answer = Guestbook().answer(os.environ["REQUEST_METHOD"], os.environ.get("PATH_INFO") or "/", body)
head = "".join(f"{name}: {value}\n" for name, value in [("Status", answer.status), *answer.headers])
sys.stdout.write(head + "\n" + answer.body.decode())
