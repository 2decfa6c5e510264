#!/usr/bin/perl
# hello as a CGI program in Perl.
use strict;
use warnings;

print "Content-Type: text/plain; charset=utf-8\n\nhello\n";
