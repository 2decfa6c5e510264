package cgi

var (
	HighestNumber = highestNumber
	Numbers       = numbers
)
