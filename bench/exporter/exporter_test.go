package exporter_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/textproto"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"forktax/bench/exporter"
	"forktax/workload/contract"
)

const protobuf = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"

func snapshot() contract.Snapshot {
	return contract.Snapshot{
		Workload: "hello", Model: "cgi", PID: os.Getpid(),
		Usage: contract.Usage{SelfCPUNS: 1_500_000_000, ChildrenCPUNS: 500_000_000, ProcessesStarted: 7,
			ConnectionsOpened: 3},
		Requests: map[int]int64{200: 10, 503: 2},
		// 3 of at most 2^-10 s (0.98 ms), 4 of at most 2^-9.875 s, 5 of at most 1 s
		Durations:       contract.Durations{Buckets: map[int]int64{-80: 3, -79: 4, 0: 5}, SumNS: 2_500_000_000},
		ChildrenRunning: 1, ChildrenFailed: 2, QueueLength: 4, QueueRefused: 5,
		GoVersion: "go1.26", Goroutines: 11, Threads: 12,
		Memory: runtime.MemStats{Alloc: 13, TotalAlloc: 14, NumGC: 15, PauseTotalNs: 16e9, LastGC: 17e9},
	}
}

// render returns the header and the body of the page.
func render(t *testing.T, s contract.Snapshot, accept, encoding string) (textproto.MIMEHeader, []byte) {
	t.Helper()
	in, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := exporter.Render(bytes.NewReader(in), &out, accept, encoding); err != nil {
		t.Fatalf("Render = %v", err)
	}
	r := bufio.NewReader(&out)
	head, err := textproto.NewReader(r).ReadMIMEHeader()
	if err != nil {
		t.Fatalf("reading the header: %v", err)
	}
	body, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return head, body
}

// families parses a page in the format that its header declares.
func families(t *testing.T, head textproto.MIMEHeader, body []byte) map[string]*dto.MetricFamily {
	t.Helper()
	found := map[string]*dto.MetricFamily{}
	format := expfmt.ResponseFormat(map[string][]string(head))
	d := expfmt.NewDecoder(bytes.NewReader(body), format)
	for {
		var f dto.MetricFamily
		err := d.Decode(&f)
		if err == io.EOF {
			return found
		}
		if err != nil {
			t.Fatalf("reading the page as %s: %v", format, err)
		}
		found[f.GetName()] = &f
	}
}

func TestRenderText(t *testing.T) {
	head, body := render(t, snapshot(), "", "")
	if got := head.Get("Content-Type"); !strings.HasPrefix(got, "text/plain; version=0.0.4") {
		t.Errorf("Content-Type %q", got)
	}
	page := families(t, head, body)
	check := func(name string, kind dto.MetricType, want float64, labels ...string) {
		t.Helper()
		f := page[name]
		if f.GetType() != kind || f.GetHelp() == "" {
			t.Errorf("%s is a %v with help %q, want a %v with help", name, f.GetType(), f.GetHelp(), kind)
		}
		for _, m := range f.GetMetric() {
			var got []string
			for _, l := range m.GetLabel() {
				got = append(got, l.GetName()+"="+l.GetValue())
			}
			if cmp.Equal(got, labels) {
				if value := m.GetCounter().GetValue() + m.GetGauge().GetValue(); value != want {
					t.Errorf("%s%v = %g, want %g", name, labels, value, want)
				}
				return
			}
		}
		t.Errorf("%s%v is not on the page", name, labels)
	}
	const counter, gauge = dto.MetricType_COUNTER, dto.MetricType_GAUGE
	own := []string{"model=cgi", "workload=hello"}
	check("forktax_requests_total", counter, 10, append([]string{"code=200"}, own...)...)
	check("forktax_requests_total", counter, 2, append([]string{"code=503"}, own...)...)
	check("forktax_children_started_total", counter, 7, own...)
	check("forktax_children_running", gauge, 1, own...)
	check("forktax_children_failed_total", counter, 2, own...)
	check("forktax_queue_length", gauge, 4, own...)
	check("forktax_queue_refused_total", counter, 5, own...)
	check("forktax_connections_opened_total", counter, 3, own...)
	check("forktax_cpu_seconds_total", counter, 2, own...)
	check("go_info", gauge, 1, "version=go1.26")
	check("go_goroutines", gauge, 11)
	check("go_threads", gauge, 12)
	check("go_memstats_alloc_bytes", gauge, 13)
	check("go_memstats_alloc_bytes_total", counter, 14)
	check("go_gc_cycles_total", counter, 15)
	check("go_gc_pause_seconds_total", counter, 16)
	check("go_memstats_last_gc_time_seconds", gauge, 17)
	if runtime.GOOS == "linux" {
		if got := page["process_resident_memory_bytes"].GetMetric(); len(got) != 1 || got[0].GetGauge().GetValue() < 1<<20 {
			t.Errorf("process_resident_memory_bytes is %v", got)
		}
	}
}

func TestRenderClassicBuckets(t *testing.T) {
	s := snapshot()
	// Values below and above all classic buckets, on a bound, and on either side of it.
	s.Durations.Buckets = map[int]int64{-160: 1, -104: 2, -103: 4, -1: 8, 0: 16, 1: 32, 64: 64}
	head, body := render(t, s, "", "")
	h := histogram(t, families(t, head, body))
	if h.GetSampleCount() != 127 || h.GetSampleSum() != 2.5 {
		t.Errorf("%d samples with sum %g s, want 127 and 2.5 s", h.GetSampleCount(), h.GetSampleSum())
	}
	last, bound := uint64(0), math.Inf(-1)
	got := map[float64]uint64{}
	for _, b := range h.GetBucket() {
		if b.GetCumulativeCount() < last || b.GetUpperBound() <= bound {
			t.Errorf("bucket %g = %d after bucket %g = %d, want both to increase", b.GetUpperBound(),
				b.GetCumulativeCount(), bound, last)
		}
		last, bound = b.GetCumulativeCount(), b.GetUpperBound()
		got[bound] = last
	}
	for bound, want := range map[float64]uint64{
		0x1p-13:     3, // -104 and less: 2^-13 s
		0x1p-12:     7,
		0.5:         7, // -8: 2^-1 s
		1:           31,
		2:           63,
		16:          63,
		math.Inf(1): 127,
	} {
		if got[bound] != want {
			t.Errorf("bucket %g = %d, want %d", bound, got[bound], want)
		}
	}
	if len(got) != 19 { // 2^-13 to 2^4, and infinity
		t.Errorf("%d buckets, want 19", len(got))
	}
}

func histogram(t *testing.T, page map[string]*dto.MetricFamily) *dto.Histogram {
	t.Helper()
	f := page["forktax_request_duration_seconds"]
	if len(f.GetMetric()) != 1 || f.GetMetric()[0].GetHistogram() == nil {
		t.Fatalf("forktax_request_duration_seconds is %v, want one histogram", f)
	}
	return f.GetMetric()[0].GetHistogram()
}

// nativeBuckets returns the counts by bucket index. The wire format has spans, and differences between counts.
func nativeBuckets(h *dto.Histogram) map[int]int64 {
	counts := map[int]int64{}
	index, count, next := int32(0), int64(0), 0
	for _, s := range h.GetPositiveSpan() {
		index += s.GetOffset()
		for range s.GetLength() {
			count += h.GetPositiveDelta()[next]
			counts[int(index)] = count
			index++
			next++
		}
	}
	return counts
}

func TestRenderNativeBuckets(t *testing.T) {
	check := func(buckets map[int]int64) {
		t.Helper()
		s := snapshot()
		s.Durations.Buckets = buckets
		var count uint64
		for _, n := range buckets {
			count += uint64(n)
		}
		head, body := render(t, s, protobuf, "")
		if got := head.Get("Content-Type"); !strings.HasPrefix(got, "application/vnd.google.protobuf") {
			t.Fatalf("Content-Type %q", got)
		}
		h := histogram(t, families(t, head, body))
		if h.GetSchema() != contract.DurationsSchema || h.GetSampleCount() != count || h.GetZeroCount() != 0 ||
			h.GetZeroThreshold() != 1e-9 {
			t.Errorf("schema %d, %d samples, %d below %g, want %d, %d, 0, 1e-09", h.GetSchema(), h.GetSampleCount(),
				h.GetZeroCount(), h.GetZeroThreshold(), contract.DurationsSchema, count)
		}
		got := nativeBuckets(h)
		for i, n := range got {
			if n == 0 { // a gap within a span
				delete(got, i)
			}
		}
		if diff := cmp.Diff(buckets, got); diff != "" {
			t.Errorf("buckets (-want +got):\n%s", diff)
		}
		if n := len(h.GetBucket()); n != 18 && n != 19 { // the last bucket, +Inf, may be left out
			t.Errorf("%d classic buckets, want 18 or 19", n)
		}
		if h.GetCreatedTimestamp() != nil { // the snapshot does not have this time
			t.Errorf("created timestamp = %v, want none", h.GetCreatedTimestamp().AsTime())
		}
	}
	check(map[int]int64{-80: 3, -79: 4, 0: 5})
	check(map[int]int64{-160: 1, 64: 1 << 40})
	check(map[int]int64{})
}

func TestRenderCompressed(t *testing.T) {
	head, body := render(t, snapshot(), "", "gzip")
	if got := head.Get("Content-Encoding"); got != "gzip" {
		t.Fatalf("Content-Encoding %q, want gzip", got)
	}
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil || !strings.Contains(string(text), "forktax_requests_total") {
		t.Errorf("page = %.100s, %v", text, err)
	}
}

func TestRenderTellsWhatIsWrong(t *testing.T) {
	check := func(in, want string) {
		t.Helper()
		var out bytes.Buffer
		err := exporter.Render(strings.NewReader(in), &out, "", "")
		if err == nil || !strings.Contains(err.Error(), want) || out.Len() > 0 {
			t.Errorf("Render(%q) = %v and %d bytes, want %q and none", in, err, out.Len(), want)
		}
	}
	check("", "reading the snapshot: EOF")
	check("garbage", "reading the snapshot: invalid character")
	check(`{"requests":{"200":`, "reading the snapshot: unexpected EOF")
	check(`{"requests":{"two hundred":1}}`, "reading the snapshot: json: cannot")
	check(`[]`, "reading the snapshot: json: cannot")
	check(`{"workload":"\udc00`, "reading the snapshot: unexpected EOF")

	err := exporter.Render(strings.NewReader("{}"), full{}, "", "")
	if err == nil || !strings.Contains(err.Error(), "no room") {
		t.Errorf("Render to a full disk = %v, want an error", err)
	}
}

// full is a writer to a full disk.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, fmt.Errorf("no room") }

// A snapshot of a process that has ended, or with few values, can still be rendered.
func TestRenderOfLittle(t *testing.T) {
	for _, pid := range []int{0, -1, 1 << 30} {
		head, body := render(t, contract.Snapshot{PID: pid}, "", "")
		page := families(t, head, body)
		if page["forktax_children_started_total"] == nil || page["process_cpu_seconds_total"] != nil {
			t.Errorf("page of process %d:\n%s", pid, body)
		}
		if h := histogram(t, page); h.GetSampleCount() != 0 {
			t.Errorf("%d samples, want none", h.GetSampleCount())
		}
	}
}
