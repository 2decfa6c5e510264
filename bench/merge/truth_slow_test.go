//go:build linux && slow

package merge_test

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"forktax/bench/analysis"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/units"
	"forktax/workload/contract"
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
	formVariable = "TEST_SHAPE"
	twinVariable = "TEST_TWIN"
)

// TestOneGenerator measures a part in a process of its own, as a garbage collection of another generator in the same
// process would make blocks invalid.
func TestOneGenerator(t *testing.T) {
	g := generator{shape: os.Getenv(formVariable), twin: os.Getenv(twinVariable)}
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
// If killed is not 0, that part is killed after five seconds.
func apart(t *testing.T, url, twin, shape string, of, killed int) (dirs []string) {
	t.Helper()
	at := time.Now().Add(2 * time.Second).Format(time.RFC3339Nano)
	results := t.TempDir()
	var all sync.WaitGroup
	for number := 1; number <= of; number++ {
		dir := filepath.Join(results, fmt.Sprint(number))
		dirs = append(dirs, dir)
		c := exec.Command(os.Args[0], "-test.run=^TestOneGenerator$")
		c.Env = append(os.Environ(), partVariable+"="+plan.Part{Number: number, Of: of}.String(), atVariable+"="+at,
			urlVariable+"="+url, dirVariable+"="+dir, formVariable+"="+shape, twinVariable+"="+twin)
		var out bytes.Buffer
		c.Stdout, c.Stderr = &out, &out
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		if number == killed {
			time.AfterFunc(5*time.Second, func() { c.Process.Kill() })
		}
		all.Go(func() {
			if err := c.Wait(); err != nil && number != killed {
				t.Errorf("a generator: %v\n%s", err, out.Bytes())
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
			a := merged(t, apart(t, server.URL, "", "long", of, 0))
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

// Parts measure two targets as a pair. The usage that the first part reads is that of the requests of all, and counts
// once.
func TestMergedTwins(t *testing.T) {
	slower := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(6 * time.Millisecond)
		io.WriteString(w, "hello\n")
	}))
	defer slower.Close()
	dirs := apart(t, hello(t), slower.URL, "", 2, 0)
	const used = int64(30 * time.Millisecond)
	for i, dir := range dirs {
		dirs[i] = changedBlocks(t, dir, func(b *record.Block) { b.Usage = &contract.Usage{SelfCPUNS: used} })
	}
	a := merged(t, dirs)
	compared := 0
	for _, c := range a.Comparisons {
		if c.Metric == analysis.MetricResponse && c.Load.Kind == plan.Closed {
			compared++
			if c.Ratio < 1.3 || c.Ratio > 4 {
				t.Errorf("a server that takes 6 ms has %.2f times the response time of one that takes 2 ms", c.Ratio)
			}
		}
	}
	if compared == 0 {
		t.Errorf("no comparison of the twins; warnings: %v", a.Warnings)
	}
	for _, c := range a.Cells {
		want := float64(used) * float64(c.Blocks) / float64(c.Requests)
		if c.InvalidBlocks == 0 && (c.CPUPerRequest == nil || math.Abs(float64(*c.CPUPerRequest)/want-1) > 0.01) {
			t.Errorf("%s, %s: %s of CPU time per request, want %.0f ns: %v of each block", c.Model, c.Load,
				units.Optional(c.CPUPerRequest, units.Duration), want, time.Duration(used))
		}
	}
}

// The knee of merged parts is that of the whole rate, of which each part sends its share.
func TestKneeOfParts(t *testing.T) {
	var one sync.Mutex // 250 requests per second
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		one.Lock()
		defer one.Unlock()
		time.Sleep(4 * time.Millisecond)
		io.WriteString(w, "hello\n")
	}))
	defer server.Close()
	var a *analysis.Analysis
	for range 3 { // a busy machine has more than one try
		a = merged(t, apart(t, server.URL, "", "two rates", 2, 0))
		if len(a.Knees) == 1 && a.Knees[0].MetRPS != nil && a.Knees[0].FailedRPS != nil {
			if *a.Knees[0].MetRPS != 100 || *a.Knees[0].FailedRPS != 1000 {
				t.Errorf("the knee is %+v, want between 100/s and 1000/s", a.Knees[0])
			}
			return
		}
	}
	t.Errorf("the knees are %+v, want one; warnings: %v", a.Knees, a.Warnings)
}

// A generator that is killed leaves its blocks until then. The others count as far as it took part in them.
func TestKilledGenerator(t *testing.T) {
	a := merged(t, apart(t, hello(t), "", "long", 2, 2))
	if lines := significant(problems(a)); len(lines) != 1 ||
		!regexp.MustCompile(`^part 2 of 2: it has no end, .*: it has [1-5] of 6 blocks`).MatchString(lines[0]) {
		t.Errorf("the problems of a killed generator are %q", lines)
	}
	if c := a.Cells[0]; a.Run.Complete || c.Invalid["part"] == 0 || c.Invalid["part"] == c.Blocks {
		t.Errorf("complete: %t; %d of %d blocks lack the killed part, want some", a.Run.Complete, c.Invalid["part"],
			c.Blocks)
	}
}

// overhead is the largest time between what the server and what a client measures of a response, on a machine that has
// other work.
const overhead = time.Millisecond

// differs returns which percentile of a cell is not within the 95% interval of that which the server measured, between
// order statistics; "" if all are.
func (s *truth) differs(c analysis.Cell) string {
	slices.Sort(s.took)
	n := float64(len(s.took))
	for _, p := range []struct {
		q   float64
		got *int64
	}{{0.5, c.Response.P50}, {0.9, c.Response.P90}, {0.99, c.Response.P99}} {
		if p.got == nil || n == 0 {
			return fmt.Sprintf("p%g is unknown: %d of %d blocks are invalid: %v", 100*p.q, c.InvalidBlocks, c.Blocks, c.Invalid)
		}
		half := 1.96 * math.Sqrt(n*p.q*(1-p.q))
		at := func(rank float64) time.Duration {
			return time.Duration(s.took[min(max(int(rank), 0), len(s.took)-1)])
		}
		low, high := at(n*p.q-half-1), at(n*p.q+half+1)
		if got := time.Duration(*p.got); got < low || got > high+overhead {
			return fmt.Sprintf("p%g is %v; the server took %v to %v", 100*p.q, got, low, high)
		}
	}
	return ""
}
