import os

import burner

data = open(os.environ["STACK_DATA"]).read()


def application(environ, start_response):
    burner.burn(environ["QUERY_STRING"])
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode()
    start_response("201 Created", [("Content-Type", "text/plain; charset=utf-8")])
    return [" ".join([environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["QUERY_STRING"], body, data]).encode()]
