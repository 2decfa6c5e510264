; hello as a CGI program in Scheme.
(display "Content-Type: text/plain; charset=utf-8\n\nhello\n")
