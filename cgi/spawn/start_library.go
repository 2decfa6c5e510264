//go:build unix && !(linux && (amd64 || arm64))

package spawn

func (p *Program) start(files [3]int) (pid int, err error) { return p.startByLibrary(files) }

func prepareStarts(int) {}
