<?php
// Does the same as teller.sh, for servers of PHP pages.
$query = $_SERVER['QUERY_STRING'] ?? '';
for ($i = 0; $query === 'burn' && $i < 10000000; $i++);
http_response_code(201);
header('Content-Type: text/plain; charset=utf-8');
echo implode(' ', [$_SERVER['REQUEST_METHOD'], $_SERVER['PATH_INFO'] ?? '', $query, file_get_contents('php://input'),
    file_get_contents(getenv('STACK_DATA'))]);
