package cgi

var (
	MaxPID      = maxPID
	PIDsBetween = pidsBetween
)
