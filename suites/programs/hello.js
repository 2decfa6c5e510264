#!/usr/bin/env node
// hello as a CGI program in Node.
process.stdout.write('Content-Type: text/plain; charset=utf-8\n\nhello\n')
