//go:build !wasip1

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

	"forktax/workload/contract"
)

// An exporter renders /metrics by running "forktax metrics" once per scrape, with a snapshot as input. It is a separate
// process because otherwise every child of the model cgi would initialize the Prometheus library, and measurements
// would include that. One process per scrape, every 15 s, is not a problem.
type exporter struct {
	mu    sync.Mutex
	spent syscall.Rusage // resource use of all renderings, which are children but serve no request
}

func (e *exporter) used() syscall.Rusage {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.spent
}

// errNoExporter is the response to a scrape if there is no forktax command.
var errNoExporter = errors.New("forktax command not found: it renders /metrics; put it next to this program or on " +
	"PATH, or set " + contract.EnvExporter)

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
		http.Error(w, fmt.Sprintf("reading the header of the exporter's output: %v", err), http.StatusBadGateway)
		return
	}
	for key, values := range header {
		w.Header()[key] = values
	}
	io.Copy(w, page)
}

// render returns the header and the body of the page.
func (e *exporter) render(r *http.Request, s contract.Snapshot) (*bufio.Reader, error) {
	path, err := findExporter()
	if err != nil {
		return nil, err
	}
	input, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("writing the snapshot: %w", err)
	}
	var out, stderr bytes.Buffer
	cmd := exec.CommandContext(r.Context(), path, "metrics",
		"--accept", r.Header.Get("Accept"), "--accept-encoding", r.Header.Get("Accept-Encoding"))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(input), &out, &stderr
	err = cmd.Run()
	if cmd.ProcessState != nil {
		e.mu.Lock()
		add(&e.spent, cmd.ProcessState)
		e.mu.Unlock()
	}
	if err != nil {
		return nil, fmt.Errorf("rendering the metrics by %s: %w: %s", path, err, bytes.TrimSpace(stderr.Bytes()))
	}
	return bufio.NewReader(&out), nil
}
