; hello as a CGI program in Common Lisp.
(format t "Content-Type: text/plain; charset=utf-8~%~%hello~%")
