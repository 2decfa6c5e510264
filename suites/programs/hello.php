<?php
// hello in PHP. The same file is a CGI program under php-cgi, and a page that stays compiled under mod_php and php-fpm.
header('Content-Type: text/plain; charset=utf-8');
echo "hello\n";
