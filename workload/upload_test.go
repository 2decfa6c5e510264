package workload_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"forktax/workload/contract"
)

// A limit on pauses does not end a request whose body arrives slowly, if no pause is too long.
func TestSlowUpload(t *testing.T) {
	const pause, parts = 300 * time.Millisecond, 6
	for _, model := range allModels(t) {
		if m, _ := contract.ModelNamed(model); !slices.Contains(m.Limits(), "idle-timeout") {
			continue
		}
		t.Run(model, func(t *testing.T) {
			t.Parallel()
			s := startProgramWith(t, model, []string{"-idle-timeout", "1s"})
			for _, size := range []int{100, 20_000} { // a short body is read before a worker is lent to it
				for _, known := range []bool{true, false} {
					body, send := io.Pipe()
					part := strings.Repeat("x", size)
					go func() {
						for range parts {
							io.WriteString(send, part)
							time.Sleep(pause)
						}
						send.Close()
					}()
					req, err := http.NewRequest(http.MethodPost, s.url+"/echo", body)
					if err != nil {
						t.Fatal(err)
					}
					if known {
						req.ContentLength = int64(parts * size)
					}
					resp, err := s.client.Do(req)
					if err != nil {
						t.Fatalf("%v; log:\n%s", err, s.log)
					}
					got, err := io.ReadAll(resp.Body)
					resp.Body.Close()
					if resp.StatusCode != http.StatusOK || len(got) != parts*size || err != nil {
						t.Errorf("body of %d bytes, length known: %t: status %d with %d bytes, %v; log:\n%s", parts*size, known,
							resp.StatusCode, len(got), err, s.log)
					}
				}
			}
		})
	}
}
