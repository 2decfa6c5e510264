import os

from mod_python import apache

import burner

data = open(os.environ["STACK_DATA"]).read()


def handler(req):
    burner.burn(req.args)
    req.status = 201
    req.content_type = "text/plain; charset=utf-8"
    req.write(" ".join([req.method, req.path_info or "", req.args or "", req.read().decode(), data]))
    return apache.OK
