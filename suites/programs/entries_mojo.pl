#!/usr/bin/perl
# A page of 50 entries with Mojolicious, as CGI program, daemon or PSGI application.
use Mojolicious::Lite -signatures;

app->secrets(['only for tests']);
app->mode('production');
app->log->level('fatal');

get '/' => sub ($c) {
	$c->stash(entries => [map { { number => $_, text => "Entry $_ has <text>" } } 1 .. 50]);
	$c->render(template => 'entries');
};

app->start;

__DATA__
@@ entries.html.ep
<!DOCTYPE html>
<html><head><title>Entries</title></head><body>
% for my $entry (@$entries) {
<p><b><%= $entry->{number} %></b> <%= $entry->{text} %></p>
% }
</body></html>
