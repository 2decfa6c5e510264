; hello as a server of Guile's standard library, at the port in PORT.
(use-modules (web server))
(run-server
 (lambda (request body) (values '((content-type . (text/plain (charset . "utf-8")))) "hello\n"))
 'http
 (list #:port (string->number (getenv "PORT"))))
