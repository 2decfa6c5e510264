#!/usr/bin/perl
# entries.psgi as CGI program.
use strict;
use warnings;
use File::Basename 'dirname';
use Plack::Handler::CGI;
use Plack::Util;

$ENV{PLACK_ENV} = 'deployment';
Plack::Handler::CGI->new->run(Plack::Util::load_psgi(dirname(__FILE__) . '/entries.psgi'));
