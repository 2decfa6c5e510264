package cgi

import (
	"errors"
	"io/fs"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
)

// A script is the program that is to answer a request.
type script struct {
	path string // its file
	name string // what of the URL's path means it, without a slash at the end; the rest is for the program to read
}

// script finds the program for the path of a URL, or returns the status that says why there is none. In a folder it is
// the first file on the way along the path. The folder's own name for it is asked of an os.Root, so that neither dots
// nor symbolic links lead out.
func (h *Host) script(r *http.Request) (s script, status int) {
	path := r.URL.Path
	if strings.Contains(path, "\x00") { // which no variable can hold
		return script{}, http.StatusBadRequest
	}
	root := strings.TrimRight(h.Root, "/")
	rest, found := strings.CutPrefix(path, root)
	if !found || path == "" || path[0] != '/' || rest != "" && rest[0] != '/' ||
		slices.Contains(strings.Split(rest, "/"), "..") {
		return script{}, http.StatusNotFound
	}
	if h.folder == nil {
		return script{h.Path, root}, 0
	}
	if strings.Contains(strings.ToLower(r.URL.EscapedPath()), "%2f") { // is no slash, and no part of a file's name
		return script{}, http.StatusNotFound
	}
	return h.inFolder(root, rest)
}

func (h *Host) inFolder(root, rest string) (script, int) {
	name := ""
	for rest != "" {
		part, _, _ := strings.Cut(rest[1:], "/")
		if part == "" || part[0] == '.' {
			return script{}, http.StatusNotFound
		}
		name = filepath.Join(name, part)
		info, err := h.folder.Stat(name)
		switch {
		case errors.Is(err, fs.ErrPermission):
			return script{}, http.StatusForbidden
		case err != nil:
			return script{}, http.StatusNotFound
		case info.IsDir():
			rest = rest[1+len(part):]
		case !info.Mode().IsRegular() || info.Mode()&0o111 == 0:
			return script{}, http.StatusForbidden
		default:
			return script{filepath.Join(h.Path, name), root + "/" + filepath.ToSlash(name)}, 0
		}
	}
	return script{}, http.StatusNotFound
}
