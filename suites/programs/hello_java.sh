#!/bin/sh
# hello as a CGI program in Java, once javac has made Hello.class beside it.
exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$(dirname "$0")" Hello
