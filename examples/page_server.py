#!/usr/bin/python3
"""The page of page.py from a resident server, at the port of the first argument."""
import http.server
import sys


class Page(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one write for head and body: two would wait for a delayed acknowledgement

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"hello\n")

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128  # the listen backlog


Server(("127.0.0.1", int(sys.argv[1])), Page).serve_forever()
