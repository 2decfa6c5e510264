// hello as a CGI program in Deno and Bun, whose console ends each line.
console.log('Content-Type: text/plain; charset=utf-8\n\nhello')
