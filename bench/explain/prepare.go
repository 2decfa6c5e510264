package explain

import (
	"context"
	"os"

	"forktax/bench/process"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// Prepare returns the command with which a CGI host executes the file at path for a request, according to the
// specification. If the file implements the program contract, program is its description. The program then prepares its
// data, in the database server at url unless url is empty; remove removes the data.
func Prepare(ctx context.Context, s subject.Spec, r contract.Request, path string, program *subject.Program,
	url string) (c Command, remove func() error, err error) {
	variables, err := s.Variables()
	if err != nil {
		return c, nil, err
	}
	c = Command{Path: path, Body: r.Body, Env: Environment(s, r, path, os.Getenv("PATH"))}
	if c.Dir, err = subject.Directory("dir", s.Dir); err != nil {
		return c, nil, err
	}
	remove = func() error { return nil }
	if program != nil {
		var env []string
		if env, remove, err = program.PrepareTemp(ctx, url); err != nil {
			return c, nil, err
		}
		c = c.With(env...)
	}
	return c.With(process.Settings(variables)...), remove, nil
}
