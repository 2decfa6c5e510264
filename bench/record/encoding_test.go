package record_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/record"
	"forktax/workload/contract"
)

var classes = []string{record.ErrRefused, record.ErrClosed, record.ErrReset, record.ErrTimeout, record.ErrMalformed,
	record.ErrTooLarge, record.ErrWrongStatus, record.ErrWrongHeader, record.ErrWrongBody, record.ErrInterrupted,
	record.ErrOther, record.ErrNotSent, record.ErrUnfinished}

// someObservations draws n observations. Most are similar, as in a real block; some have extreme values in any field.
func someObservations(r *rand.Rand, n int) []record.Observation {
	size := func(small, large int64) int64 { // small in nine of ten cases
		if r.IntN(10) > 0 {
			return r.Int64N(small)
		}
		return r.Int64N(large)
	}
	var observations []record.Observation
	for range n {
		o := record.Observation{Status: 200, Bytes: 6}
		o.Intended = time.Duration(size(1e9, math.MaxInt64/4)) // not in order
		o.Sent = o.Intended + time.Duration(size(1e3, 1e12))
		o.FirstByte = o.Sent + time.Duration(size(1e6, 1e12))
		o.Done = o.FirstByte + time.Duration(size(1e3, 1e12))
		if r.IntN(5) == 0 {
			o.Status, o.Bytes = r.IntN(1000), size(1000, math.MaxInt64)
		}
		if r.IntN(5) == 0 {
			o.Err = classes[r.IntN(len(classes))]
		}
		if r.IntN(5) == 0 {
			o.Request = r.IntN(300)
		}
		for i := range o.Timing {
			if r.IntN(3) == 0 {
				o.Timing[i] = r.Uint32()
			}
		}
		observations = append(observations, o)
	}
	return observations
}

func TestObservationsRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		want := someObservations(r, r.IntN(50))
		encoded, err := record.Encode(want)
		if err != nil {
			t.Fatalf("Encode(%+v) = %v", want, err)
		}
		got, err := record.Decode(encoded)
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("Decode(Encode) = %v (-want +got):\n%s", err, cmp.Diff(want, got))
		}
	}
}

// A failed observation may lack its later times: each is stored as equal to the preceding time.
func TestObservationsWithoutLaterTimes(t *testing.T) {
	check := func(o, want record.Observation) {
		t.Helper()
		encoded, err := record.Encode([]record.Observation{o, o})
		if err != nil {
			t.Fatalf("Encode(%+v) = %v", o, err)
		}
		got, err := record.Decode(encoded)
		if diff := cmp.Diff([]record.Observation{want, want}, got); err != nil || diff != "" {
			t.Errorf("Decode(Encode(%+v)) = %v (-want +got):\n%s", o, err, diff)
		}
	}
	check(record.Observation{Intended: 7, Err: record.ErrRefused},
		record.Observation{Intended: 7, Sent: 7, FirstByte: 7, Done: 7, Err: record.ErrRefused})
	check(record.Observation{Intended: 7, Sent: 9, Done: 12, Err: record.ErrTimeout},
		record.Observation{Intended: 7, Sent: 9, FirstByte: 9, Done: 12, Err: record.ErrTimeout})
	check(record.Observation{Err: "an unknown class"}, record.Observation{Err: record.ErrOther})
}

// The format, including the numbers of the classes, must not change: old files must remain readable.
func TestObservationsFormat(t *testing.T) {
	observations := []record.Observation{
		{Intended: 100, Sent: 101, FirstByte: 103, Done: 106, Status: 200, Bytes: 6},
		{Intended: 90, Sent: 90, FirstByte: 90, Done: 290, Status: 200, Bytes: 6, Timing: contract.Timing{1: 3, 6: 300}},
		{Intended: 90, Sent: 90, FirstByte: 90, Done: 90, Status: 200, Bytes: 6,
			Timing: contract.Timing{contract.PhaseClose: 7, contract.PhaseExit: 8, contract.PhaseReturn: 9}},
	}
	want := []byte{
		// status and bytes follow; +100 (as 200, zigzag), 1, 2, 3; 200, 6
		3, 200, 1, 1, 2, 3, 200, 1, 6,
		// timing follows; -10 (as 19), 0, 0, 200; slots 1 and 6: 3 and 300
		8, 19, 0, 0, 200, 1, 0b100_0010, 3, 172, 2,
		// slots 9, 10 and 11: exit, return, and close, which happens earlier but was added to the format later
		8, 0, 0, 0, 0, 0x80, 0b1_1100, 8, 9, 7,
	}
	for i, class := range []string{record.ErrOther, record.ErrRefused, record.ErrClosed, record.ErrReset,
		record.ErrTimeout, record.ErrMalformed, record.ErrTooLarge, record.ErrWrongStatus, record.ErrWrongBody,
		record.ErrInterrupted, record.ErrWrongHeader, record.ErrNotSent, record.ErrUnfinished} {
		observations = append(observations, record.Observation{Intended: 90, Sent: 90, FirstByte: 90, Done: 90, Status: 200,
			Bytes: 6, Err: class})
		want = append(want, 4, 0, 0, 0, 0, byte(i))
	}
	// The index of a request in a mix comes last, if it differs from the previous observation's.
	for _, o := range []record.Observation{{Request: 300, Timing: contract.Timing{1: 3}}, {Request: 300}, {}} {
		o.Intended, o.Sent, o.FirstByte, o.Done, o.Status, o.Bytes = 90, 90, 90, 90, 200, 6
		observations = append(observations, o)
	}
	want = append(want, 8+16, 0, 0, 0, 0, 0b10, 3, 172, 2, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0)
	got, err := record.Encode(observations)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("Encode = %v, %v, want %v", got, err, want)
	}
	if back, err := record.Decode(want); err != nil || !slices.Equal(back, observations) {
		t.Errorf("Decode = %+v, %v, want %+v", back, err, observations)
	}
}

func TestDecodeErrors(t *testing.T) {
	whole, err := record.Encode([]record.Observation{{Intended: 1e9, Sent: 2e9, FirstByte: 3e9, Done: 4e9, Status: 200,
		Bytes: 1 << 40, Err: record.ErrWrongBody, Timing: contract.Timing{1, 2, 3, 4, 5, 6, 7, 8, 9}}})
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n < len(whole); n++ {
		if got, err := record.Decode(whole[:n]); err == nil || len(got) > 0 {
			t.Errorf("Decode(%d of %d bytes) = %+v, %v, want an error", n, len(whole), got, err)
		}
	}
	check := func(want string, b ...byte) {
		t.Helper()
		if got, err := record.Decode(b); fmt.Sprint(err) != want || len(got) > 0 {
			t.Errorf("Decode(%v) = %+v, %v, want the error %q", b, got, err, want)
		}
	}
	check("unknown failure class 200", 4, 0, 0, 0, 0, 200, 1)
	check("unknown request 4294967295", 16, 0, 0, 0, 0, 255, 255, 255, 255, 15)
	check("observation has unknown flags 0x20", 32, 0, 0, 0, 0)
	check("observation has an invalid intended time: -1 ns after 0", 0, 1, 0, 0, 0)
	check("observation has an invalid time: 9223372036854775807 ns after 0", 0, 0, 255, 255, 255, 255, 255,
		255, 255, 255,
		127, 0, 0)
	check("observation has status 1000; it must be at most 999", 1, 0, 0, 0, 0, 232, 7)
	check("observation has unknown phases 0x1000", 8, 0, 0, 0, 0, 128, 32)
	check("observation has phase 4294967296; it must be at most 4294967295", 8, 0, 0, 0, 0, 1, 128, 128, 128, 128, 16)
	check("the observations are truncated", 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1) // longer than any number
}

// FuzzDecode decodes arbitrary bytes. The valid observations among the result must survive a round trip.
func FuzzDecode(f *testing.F) {
	r := rand.New(rand.NewPCG(3, 4))
	for n := range 5 {
		encoded, err := record.Encode(someObservations(r, n))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(encoded)
	}
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Fuzz(func(t *testing.T, b []byte) {
		want, _ := record.Decode(b)
		want = slices.DeleteFunc(want, func(o record.Observation) bool { // numbers that overflowed
			return o.Intended < 0 || o.Sent < o.Intended || o.FirstByte < o.Sent || o.Done < o.FirstByte
		})
		encoded, err := record.Encode(want)
		if err != nil {
			t.Fatalf("Encode(%+v) = %v", want, err)
		}
		got, err := record.Decode(encoded)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("Decode(Encode) = %v (-want +got):\n%s", err, cmp.Diff(want, got))
		}
	})
}
