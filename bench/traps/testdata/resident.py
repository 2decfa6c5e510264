#!/usr/bin/env python3
"""A resident server: resident.py PORT [whole] [workers=N] [backlog=N] [single]

It keeps connections. Head and body are written apart unless "whole" is given. Each connection has a thread, unless
"single" is given, or workers: that many processes, each of which serves a connection until it is closed.
"""
import http.server
import os
import sys

options = dict(o.partition("=")[::2] for o in sys.argv[2:])


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1 if "whole" in options else 0

    def do_GET(self):
        body = b"hello\n"
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


single = "single" in options or "workers" in options
kind = http.server.HTTPServer if single else http.server.ThreadingHTTPServer
if "backlog" in options:
    kind.request_queue_size = int(options["backlog"])
server = kind(("127.0.0.1", int(sys.argv[1])), Handler)
for _ in range(int(options.get("workers", 1)) - 1):
    if os.fork() == 0:
        break
server.serve_forever()
