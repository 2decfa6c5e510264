//go:build linux && slow

package merge_test

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"forktax/bench/analysis"
	"forktax/bench/plan"
	"forktax/bench/stats"
)

// A truth is a server that knows how long it took for each response.
type truth struct {
	mu     sync.Mutex
	random *rand.Rand
	took   []int64
}

func (s *truth) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	service := 5*time.Millisecond + time.Duration(s.random.ExpFloat64()*float64(3*time.Millisecond))
	s.mu.Unlock()
	began := time.Now()
	time.Sleep(service)
	took := time.Since(began)
	if r.Method == http.MethodGet { // the clock is read by HEAD
		s.mu.Lock()
		s.took = append(s.took, int64(took))
		s.mu.Unlock()
	}
	io.WriteString(w, "hello\n")
}

// Variables that make TestOneGenerator measure a part.
const (
	partVariable = "TEST_PART"
	atVariable   = "TEST_AT"
	urlVariable  = "TEST_URL"
	dirVariable  = "TEST_DIR"
)

// TestOneGenerator measures a part in a process of its own, as a garbage collection of another generator in the same
// process would make blocks invalid.
func TestOneGenerator(t *testing.T) {
	g := generator{long: true}
	if os.Getenv(partVariable) == "" {
		return
	}
	at, err := time.Parse(time.RFC3339Nano, os.Getenv(atVariable))
	if err == nil {
		err = g.part.Set(os.Getenv(partVariable))
	}
	if err != nil {
		t.Fatal(err)
	}
	g.measure(t, os.Getenv(urlVariable), os.Getenv(dirVariable), at)
}

// apart has as many generators measure the server, each in a process of its own, and returns their directories.
func apart(t *testing.T, url string, of int) (dirs []string) {
	t.Helper()
	at := time.Now().Add(2 * time.Second).Format(time.RFC3339Nano)
	results := t.TempDir()
	var all sync.WaitGroup
	for number := 1; number <= of; number++ {
		dir := filepath.Join(results, fmt.Sprint(number))
		dirs = append(dirs, dir)
		c := exec.Command(os.Args[0], "-test.run=^TestOneGenerator$")
		c.Env = append(os.Environ(), partVariable+"="+plan.Part{Number: number, Of: of}.String(), atVariable+"="+at,
			urlVariable+"="+url, dirVariable+"="+dir)
		all.Go(func() {
			if out, err := c.CombinedOutput(); err != nil {
				t.Errorf("a generator: %v\n%s", err, out)
			}
		})
	}
	all.Wait()
	return dirs
}

// Four parts give the result of one generator with the same plan: exactly its requests, and the percentiles that the
// server itself measured. A busy machine has more than one try.
func TestMergeAgainstTheTruth(t *testing.T) {
	requests := map[int]int{}
	for _, of := range []int{1, 4} {
		var off string
		for range 3 {
			s := &truth{random: rand.New(rand.NewPCG(5, 6))}
			server := httptest.NewServer(s)
			a := merged(t, apart(t, server.URL, of))
			server.Close()
			requests[of] = a.Cells[0].Requests
			if off = s.differs(a.Cells[0]); off == "" {
				break
			}
		}
		if off != "" {
			t.Errorf("%d parts: %s", of, off)
		}
	}
	if requests[1] != requests[4] || requests[1] < 1000 {
		t.Errorf("four parts sent %d requests, one generator %d", requests[4], requests[1])
	}
}

// differs returns in which percentile a cell differs from what the server measured; "" if it does in none.
func (s *truth) differs(c analysis.Cell) string {
	slices.Sort(s.took)
	for _, p := range []struct {
		q    float64
		got  *int64
		most float64
	}{{0.5, c.Response.P50, 0.1}, {0.9, c.Response.P90, 0.15}, {0.99, c.Response.P99, 0.3}} {
		want, ok := stats.Percentile(s.took, p.q)
		if p.got == nil || !ok {
			return fmt.Sprintf("p%g is unknown: %d of %d blocks are invalid: %v", 100*p.q, c.InvalidBlocks, c.Blocks, c.Invalid)
		}
		if off := float64(*p.got)/float64(want) - 1; math.Abs(off) > p.most {
			return fmt.Sprintf("p%g is %v; the server took %v", 100*p.q, time.Duration(*p.got), time.Duration(want))
		}
	}
	return ""
}
