// Package zygote implements the execution model "zygote" for CGI programs in Python: one process has loaded the
// interpreter, the program and its modules, and forks a process for each request, which executes the program.
//
// The processes are CGI children of a [cgi.Host], as if it had executed the program itself. Programs in Go have no such
// model: in a copy of a process exists only the thread that has forked, and Go's scheduler and collector need theirs.
package zygote

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"forktax/cgi"
	"forktax/workload/contract"
	"forktax/workload/model"
)

// Model is the execution model "zygote" for the program's Executable.
var Model = model.Package{Start: start}

func start(_ context.Context, p model.Program) (model.Server, error) {
	h, err := cgi.NewHost(p)
	if err != nil {
		return model.Server{}, err
	}
	m := &mother{script: h.Path, dir: filepath.Dir(h.Path),
		env: model.Settings(append([]string{"PATH"}, h.InheritEnv...)...)}
	if m.interpreter, err = interpreterOf(h.Path); err != nil {
		return model.Server{}, err
	}
	m.mu.Lock()
	err = m.open()
	m.mu.Unlock()
	if err != nil {
		return model.Server{}, err
	}
	h.Start = m.start
	children := func() []contract.Child { return append(h.Children(), m.self()...) }
	return model.Server{Handler: h, Stats: h.Stats, Children: children, Close: func() error {
		err := h.Close()
		m.close()
		return err
	}}, nil
}

// interpreterOf returns the interpreter of a script in Python with its arguments, from the script's first line.
func interpreterOf(script string) ([]string, error) {
	file, err := os.Open(script)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	line, _ := bufio.NewReaderSize(file, 256).ReadSlice('\n') // the kernel reads no more than that, either
	words := []string(nil)
	if rest, found := strings.CutPrefix(string(line), "#!"); found {
		words = strings.Fields(rest)
	}
	if len(words) > 1 && filepath.Base(words[0]) == "env" {
		words = words[1:]
		if words[0] == "-S" {
			words = words[1:]
		}
	}
	if len(words) == 0 || !strings.HasPrefix(filepath.Base(words[0]), "python") {
		return nil, fmt.Errorf("the model zygote forks programs in Python, and the first line of %s does not name its "+
			"interpreter, such as #!/usr/bin/python3", script)
	}
	path, err := exec.LookPath(words[0])
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the interpreter of %s", script), err)
	}
	words[0] = path
	return words, nil
}
