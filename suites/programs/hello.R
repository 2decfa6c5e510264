# hello as a CGI program in R.
cat("Content-Type: text/plain; charset=utf-8\n\nhello\n")
