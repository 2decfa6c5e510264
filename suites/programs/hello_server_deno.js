// hello as a server of Deno, at the port in the variable PORT.
Deno.serve({ hostname: '127.0.0.1', port: Number(Deno.env.get('PORT')), onListen: () => {} },
  () => new Response('hello\n', { headers: { 'Content-Type': 'text/plain; charset=utf-8' } }))
