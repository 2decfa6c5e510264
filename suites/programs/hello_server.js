// hello as a Node server, on the port in the variable PORT.
const http = require('http')
http.createServer((request, response) => {
  response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8' })
  response.end('hello\n')
}).listen(process.env.PORT, '127.0.0.1')
