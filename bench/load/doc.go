// Package load holds the engines, which generate load on a target and timestamp the responses. Engines record
// observations; package analysis evaluates them.
package load
