package workload

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"

	"forktax/cgi"
	"forktax/workload/contract"
)

// An exporter renders /metrics by running "forktax metrics" once for each scrape, with a snapshot as its input: a CGI
// program in all but name. It is a process of its own because the alternative, to link Prometheus' library here, would
// have every child of the cgi model initialise it, and the harness would be half of what it measures. A scrape every 15
// seconds is what CGI is good for.
type exporter struct {
	mu    sync.Mutex
	spent syscall.Rusage // by the renderings so far: they are children, but answered no request
}

func (e *exporter) used() syscall.Rusage {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.spent
}

// errNoExporter says what is missing, for the reader of the page.
var errNoExporter = errors.New("the metrics page is rendered by the forktax command, which is not beside this program, " +
	"not on PATH, and not named by " + contract.EnvExporter)

func findExporter() (string, error) {
	if named := os.Getenv(contract.EnvExporter); named != "" {
		return named, nil
	}
	if self, err := os.Executable(); err == nil {
		dir := filepath.Dir(self)
		for _, path := range []string{filepath.Join(dir, "forktax"), filepath.Join(dir, "../../bin/forktax")} {
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
				return path, nil
			}
		}
	}
	if path, err := exec.LookPath("forktax"); err == nil {
		return path, nil
	}
	return "", errNoExporter
}

func (e *exporter) export(w http.ResponseWriter, r *http.Request, s contract.Snapshot) {
	page, err := e.render(r, s)
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	header, err := textproto.NewReader(page).ReadMIMEHeader()
	if err != nil {
		http.Error(w, fmt.Sprintf("reading what the exporter printed: %v", err), http.StatusBadGateway)
		return
	}
	for key, values := range header {
		w.Header()[key] = values
	}
	io.Copy(w, page)
}

// render returns the head and body of the page.
func (e *exporter) render(r *http.Request, s contract.Snapshot) (*bufio.Reader, error) {
	path, err := findExporter()
	if err != nil {
		return nil, err
	}
	input, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("writing the snapshot: %w", err)
	}
	var out, complaint bytes.Buffer
	cmd := exec.CommandContext(r.Context(), path, "metrics",
		"--accept", r.Header.Get("Accept"), "--accept-encoding", r.Header.Get("Accept-Encoding"))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(input), &out, &complaint
	if err = cgi.Start(cmd); err == nil {
		err = cmd.Wait()
	}
	if cmd.ProcessState != nil {
		e.mu.Lock()
		add(&e.spent, cmd.ProcessState)
		e.mu.Unlock()
	}
	if err != nil {
		return nil, fmt.Errorf("rendering the metrics by %s: %w: %s", path, err, bytes.TrimSpace(complaint.Bytes()))
	}
	return bufio.NewReader(&out), nil
}
