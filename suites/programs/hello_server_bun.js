// hello as a server of Bun, at the port in the variable PORT.
Bun.serve({
  hostname: '127.0.0.1',
  port: Number(process.env.PORT),
  fetch: () => new Response('hello\n', { headers: { 'Content-Type': 'text/plain; charset=utf-8' } }),
})
