/* hello as a CGI program in C: the smallest that a process a request can cost with a program of one's own. */
#include <stdio.h>

int main(void)
{
	return puts("Content-Type: text/plain; charset=utf-8\n\nhello") < 0;
}
