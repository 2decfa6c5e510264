#!/bin/sh
# hello as a CGI program in Java. javac must have compiled Hello.class into the same directory.
exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$(dirname "$0")" Hello
