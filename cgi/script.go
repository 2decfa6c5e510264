package cgi

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// A script is the program for a request.
type script struct {
	path string // path of its file
	name string // SCRIPT_NAME: the part of the URL's path for the program, without a final slash; the rest is PATH_INFO
}

// script finds the program for the path of a URL, or returns the reason why there is none. In a directory it is the
// first file along the path. The lookup uses an os.Root, so neither dots nor symbolic links lead out of the directory.
func (h *Host) script(r *http.Request) (s script, refused *fault) {
	path := r.URL.Path
	if strings.Contains(path, "\x00") {
		return script{}, &fault{http.StatusBadRequest, "the URL path contains a NUL byte, which a variable cannot hold"}
	}
	root := strings.TrimRight(h.Root, "/")
	rest, found := strings.CutPrefix(path, root)
	if !found || path == "" || path[0] != '/' || rest != "" && rest[0] != '/' ||
		slices.Contains(strings.Split(rest, "/"), "..") {
		return script{}, noScript
	}
	if h.programs == nil {
		return script{h.Path, root}, nil
	}
	if strings.Contains(strings.ToLower(r.URL.EscapedPath()), "%2f") { // neither a separator nor valid in a file name
		return script{}, noScript
	}
	return h.scriptInDir(root, rest)
}

// noScript is the fault of a path without a program. It has no text, because a client can cause any number of them.
var noScript = &fault{status: http.StatusNotFound}

func (h *Host) scriptInDir(root, rest string) (script, *fault) {
	name := ""
	for rest != "" {
		part, _, _ := strings.Cut(rest[1:], "/")
		if part == "" || part[0] == '.' {
			return script{}, noScript
		}
		name = filepath.Join(name, part)
		info, err := h.programs.Stat(name)
		switch {
		case err != nil:
			return script{}, h.unusable(name, err)
		case info.IsDir():
			rest = rest[1+len(part):]
		case !info.Mode().IsRegular():
			return script{}, &fault{http.StatusForbidden, filepath.Join(h.Path, name) + " is not a regular file"}
		case info.Mode()&0o111 == 0:
			return script{}, &fault{http.StatusForbidden,
				filepath.Join(h.Path, name) + " is not executable; make it executable with chmod +x"}
		default:
			return script{filepath.Join(h.Path, name), root + "/" + filepath.ToSlash(name)}, nil
		}
	}
	return script{}, noScript
}

// unusable returns the fault for a file that os.Root cannot stat. os.Root has no distinct error for a symbolic link
// that leads out of the directory.
func (h *Host) unusable(name string, err error) *fault {
	why := err
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		why = e.Err
	}
	path := filepath.Join(h.Path, name)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENAMETOOLONG):
		return noScript
	case errors.Is(err, fs.ErrClosed):
		return &fault{http.StatusServiceUnavailable, "the host is shutting down"}
	case errors.Is(err, fs.ErrPermission):
		return &fault{http.StatusForbidden, fmt.Sprintf("%s: %v", path, why)}
	case h.isLink(name):
		return &fault{http.StatusNotFound, fmt.Sprintf("%s: symbolic link not followed: %v "+
			"(a link must be relative and stay within %s)", path, why, h.Path)}
	}
	return &fault{http.StatusNotFound, fmt.Sprintf("%s: %v", path, why)}
}

func (h *Host) isLink(name string) bool {
	info, err := h.programs.Lstat(name)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}
