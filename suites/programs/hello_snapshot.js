// hello as a CGI program in a start-up snapshot of Node: node --build-snapshot.
require('v8').startupSnapshot.setDeserializeMainFunction(() => {
  process.stdout.write('Content-Type: text/plain; charset=utf-8\n\nhello\n')
})
