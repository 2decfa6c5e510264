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

// A script is the program that is to answer a request.
type script struct {
	path string // its file
	name string // what of the URL's path means it, without a slash at the end; the rest is for the program to read
}

// script finds the program for the path of a URL, or returns why there is none: for the log only if there is
// something of that name. In a directory it is the first file on the way along the path. It is looked up in an
// os.Root, so that neither dots nor symbolic links lead out.
func (h *Host) script(r *http.Request) (s script, refused *fault) {
	path := r.URL.Path
	if strings.Contains(path, "\x00") {
		return script{}, &fault{http.StatusBadRequest, "its path has a NUL, which no variable can hold"}
	}
	root := strings.TrimRight(h.Root, "/")
	rest, found := strings.CutPrefix(path, root)
	if !found || path == "" || path[0] != '/' || rest != "" && rest[0] != '/' ||
		slices.Contains(strings.Split(rest, "/"), "..") {
		return script{}, noScript
	}
	if h.folder == nil {
		return script{h.Path, root}, nil
	}
	if strings.Contains(strings.ToLower(r.URL.EscapedPath()), "%2f") { // is no slash, and no part of a file's name
		return script{}, noScript
	}
	return h.inFolder(root, rest)
}

// noScript is that nothing has the name: what clients ask for that is not there is not worth a line.
var noScript = &fault{status: http.StatusNotFound}

func (h *Host) inFolder(root, rest string) (script, *fault) {
	name := ""
	for rest != "" {
		part, _, _ := strings.Cut(rest[1:], "/")
		if part == "" || part[0] == '.' {
			return script{}, noScript
		}
		name = filepath.Join(name, part)
		info, err := h.folder.Stat(name)
		switch {
		case err != nil:
			return script{}, h.unusable(name, err)
		case info.IsDir():
			rest = rest[1+len(part):]
		case !info.Mode().IsRegular():
			return script{}, &fault{http.StatusForbidden, filepath.Join(h.Path, name) + " is not a regular file"}
		case info.Mode()&0o111 == 0:
			return script{}, &fault{http.StatusForbidden,
				filepath.Join(h.Path, name) + " is not executable (chmod +x makes it so)"}
		default:
			return script{filepath.Join(h.Path, name), root + "/" + filepath.ToSlash(name)}, nil
		}
	}
	return script{}, noScript
}

// unusable is the fault of a file that the folder's os.Root does not stat. That has no error of its own for a way out.
func (h *Host) unusable(name string, err error) *fault {
	why := err
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		why = e.Err
	}
	path := filepath.Join(h.Path, name)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENAMETOOLONG):
		return noScript
	case errors.Is(err, fs.ErrPermission):
		return &fault{http.StatusForbidden, fmt.Sprintf("%s: %v", path, why)}
	case h.isLink(name):
		return &fault{http.StatusNotFound, fmt.Sprintf("%s is a symbolic link that is not followed: %v "+
			"(a link must be relative, and stay within %s)", path, why, h.Path)}
	}
	return &fault{http.StatusNotFound, fmt.Sprintf("%s: %v", path, why)}
}

func (h *Host) isLink(name string) bool {
	info, err := h.folder.Lstat(name)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}
