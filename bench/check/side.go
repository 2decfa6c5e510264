package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"forktax/bench/revision"
	"forktax/bench/subject"
)

// A side is the base or the candidate.
type side struct {
	title string
	path  string           // path of the executable
	keeps *subject.Program // its description; nil unless it implements the program contract
	env   map[string]string
	// uncommitted is the number of files in which the working tree differs, if the side is the commit checked out.
	uncommitted int
}

// candidateIfStored returns the candidate, which is then the side of the base as well, if the base is a stored result;
// otherwise it returns "".
func (o *Options) candidateIfStored() string {
	if o.BaseResult == "" {
		return ""
	}
	return o.Candidate
}

// A source is a program or a commit from which a side is made.
type source struct {
	option, title, path string
	uncommitted         int
}

func (o *Options) sources(ctx context.Context, stderr io.Writer) (sources [2]source, err error) {
	candidateRef := o.CandidateRef
	if o.BaseRef != "" && o.Candidate == "" && candidateRef == "" {
		candidateRef = "HEAD"
	}
	for i, s := range []struct{ option, path, ref string }{
		{"base", cmp.Or(o.Base, o.candidateIfStored()), o.BaseRef},
		{"candidate", o.Candidate, candidateRef},
	} {
		if s.ref == "" {
			sources[i] = source{option: s.option, title: s.path, path: s.path}
			continue
		}
		if sources[i], err = o.built(ctx, s.option, s.ref, stderr); err != nil {
			return sources, err
		}
	}
	return sources, nil
}

// find locates the program of the source, reads its description, and returns the side.
func (s source) find(ctx context.Context, finder *subject.Finder) (side, error) {
	path, program, err := finder.Locate(ctx, s.path)
	var unknown *subject.UnknownError
	if errors.As(err, &unknown) {
		return side{}, subject.InvalidOption(s.option, "%q %s", s.path, cmp.Or(unknown.Why, "does not exist"))
	}
	if err != nil || program != nil {
		return side{title: s.title, path: path, keeps: program, uncommitted: s.uncommitted}, err
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return side{}, err
	}
	program, err = subject.DescribedBy(ctx, path)
	return side{title: s.title, path: path, keeps: program, uncommitted: s.uncommitted}, err
}

// built builds a commit and returns the program as a source.
func (o *Options) built(ctx context.Context, option, ref string, stderr io.Writer) (source, error) {
	b, err := revision.Builder{Command: o.Build, Log: stderr, Exclude: o.Outputs}.Build(ctx, ref)
	var unknown *revision.UnknownError
	if errors.As(err, &unknown) {
		return source{}, subject.InvalidOption(option+"-ref", "%v", err)
	}
	if err != nil {
		return source{}, err
	}
	title := ref
	if !strings.HasPrefix(b.Commit, ref) && b.Describe != ref {
		title = fmt.Sprintf("%s (%s)", ref, b.Describe)
	}
	return source{option, title, b.Path, b.Uncommitted}, nil
}
