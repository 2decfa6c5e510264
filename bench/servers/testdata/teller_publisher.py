import os

import burner

data = open(os.environ["STACK_DATA"]).read()


def index(req):
    burner.burn(req.args)
    req.status = 201
    req.content_type = "text/plain; charset=utf-8"
    return " ".join([req.method, "", req.args or "", "", data])
