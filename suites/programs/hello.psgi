# hello as a PSGI application: starman --host 127.0.0.1 --port PORT hello.psgi
sub { [200, ['Content-Type' => 'text/plain; charset=utf-8', 'Content-Length' => 6], ["hello\n"]] }
