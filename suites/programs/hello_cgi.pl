#!/usr/bin/perl
# hello as a CGI program in Perl, by the module CGI.
use strict;
use warnings;
use CGI;

my $query = CGI->new;
print $query->header(-type => 'text/plain', -charset => 'utf-8'), "hello\n";
