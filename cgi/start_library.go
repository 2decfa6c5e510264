//go:build unix && !(linux && (amd64 || arm64))

package cgi

func (p *program) start(files [3]int) (pid int, err error) { return p.startByLibrary(files) }
