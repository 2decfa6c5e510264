# A page of 50 entries by Plack, for any server of PSGI.
use strict;
use warnings;
use Plack::Builder;
use Plack::Request;
use Plack::Util;

my $app = sub {
	my $request = Plack::Request->new(shift);
	my $page = "<!DOCTYPE html>\n<html><head><title>Entries</title></head><body>\n";
	for my $number (1 .. 50) {
		$page .= "<p><b>$number</b> " . Plack::Util::encode_html("Entry $number has <text>") . "</p>\n";
	}
	my $response = $request->new_response(200);
	$response->content_type('text/html; charset=utf-8');
	$response->body($page . "</body></html>\n");
	return $response->finalize;
};

builder {
	enable 'ContentLength';
	enable 'ConditionalGET';
	$app;
};
