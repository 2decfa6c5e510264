// hello as a server of Node, at the port in PORT.
const http = require('http')
http.createServer((request, response) => {
  response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8' })
  response.end('hello\n')
}).listen(process.env.PORT, '127.0.0.1')
