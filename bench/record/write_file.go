package record

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// A WriteError is returned when a file cannot be written, as on a full disk.
type WriteError struct {
	Name string
	Err  error // error of the operating system
}

func (e *WriteError) Error() string { return fmt.Sprintf("writing %s: %v", e.Name, e.Err) }

// Unwrap returns Err.
func (e *WriteError) Unwrap() error { return e.Err }

// NewWriteError returns a WriteError for an error of package os. It drops the call and the path from err, since the
// path may be the path of a temporary file.
func NewWriteError(name string, err error) *WriteError {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		err = path.Err
	case errors.As(err, &link):
		err = link.Err
	}
	return &WriteError{name, err}
}

// WriteFile writes data to the file name atomically. The error is a *WriteError.
func WriteFile(name string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return NewWriteError(name, err)
	}
	defer os.Remove(f.Name()) // fails harmlessly after the rename
	_, err = f.Write(data)
	if err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return NewWriteError(name, err)
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return NewWriteError(name, err)
	}
	return nil
}
