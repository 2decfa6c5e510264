package workers_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"forktax/workers"
)

var ended = workers.Record(workers.EndRequest, make([]byte, 8))

func TestStream(t *testing.T) {
	long := bytes.Repeat([]byte("long "), 13_000)
	tests := map[string]struct {
		records []byte
		want    string
		log     string
		fails   string // part of the error; "" for none
	}{
		"nothing":      {ended, "", "", ""},
		"one record":   {slices.Concat(workers.Record(workers.Stdout, []byte("hello")), ended), "hello", "", ""},
		"an empty one": {slices.Concat(workers.Record(workers.Stdout, nil), ended), "", "", ""},
		"several": {slices.Concat(workers.Record(workers.Stdout, []byte("a")), workers.Record(workers.Stderr, []byte("bad")),
			workers.Record(workers.Stdout, long[:65_000]), workers.Record(workers.GetValuesResult, []byte("x")),
			workers.Record(workers.Stdout, []byte("z")), ended), "a" + string(long[:65_000]) + "z", "bad", ""},
		"no end":          {workers.Record(workers.Stdout, []byte("hello")), "hello", "", "unexpected EOF"},
		"part of one":     {workers.Record(workers.Stdout, []byte("hello"))[:10], "he", "", "unexpected EOF"},
		"part of header":  {ended[:5], "", "", "unexpected EOF"},
		"another version": {[]byte{2, 6, 0, 1, 0, 0, 0, 0}, "", "", "version 2"},
		"refused":         {workers.Record(workers.EndRequest, []byte{0, 0, 0, 0, 2, 0, 0, 0}), "", "", "status 2"},
		"a short end":     {workers.Record(workers.EndRequest, []byte{0, 0}), "", "", "2 bytes"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for _, from := range []io.Reader{bytes.NewReader(test.records),
				iotest.OneByteReader(bytes.NewReader(test.records))} {
				var log strings.Builder
				got, err := io.ReadAll(workers.NewStream(from, func(text []byte) { log.Write(text) }))
				if string(got) != test.want || log.String() != test.log {
					t.Errorf("%d bytes and the log %q, want %d and %q", len(got), log.String(), len(test.want), test.log)
				}
				if (err == nil) != (test.fails == "") || err != nil && !strings.Contains(err.Error(), test.fails) {
					t.Errorf("error %v, want %q", err, test.fails)
				}
			}
		})
	}
}

// Whatever a worker sends, reading it ends, and yields no more than was sent.
func FuzzStream(f *testing.F) {
	f.Add(slices.Concat(workers.Record(workers.Stdout, []byte("hello")), ended))
	f.Add(workers.Record(workers.Stderr, []byte("bad")))
	f.Add([]byte{1, 3, 0, 1, 255, 255, 255, 0})
	f.Fuzz(func(t *testing.T, records []byte) {
		n, err := io.Copy(io.Discard, workers.NewStream(bytes.NewReader(records), func([]byte) {}))
		if n > int64(len(records)) || errors.Is(err, io.EOF) {
			t.Errorf("%d bytes of %d, %v", n, len(records), err)
		}
	})
}
