package calibrate_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"forktax/bench/calibrate"
)

// slowly runs a calibration of one property with eight repetitions. Each takes a tenth of a second and appends a line
// to the file log in the directory.
func slowly(ctx context.Context, dir string) (*calibrate.Certificate, error) {
	p := calibrate.Repeated("gain", 8, func(i int) error {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(100 * time.Millisecond):
		}
		log, err := os.OpenFile(filepath.Join(dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			return err
		}
		defer log.Close()
		_, err = fmt.Fprintln(log, i)
		return err
	})
	return calibrate.Run(ctx, newLab(), order(dir, p))
}

// A calibration that was interrupted or killed within a property resumes with the next repetition. The time before the
// interruption counts for the property.
func TestGoesOnWithinAProperty(t *testing.T) {
	dir := t.TempDir()
	state := func() []byte {
		text, _ := os.ReadFile(filepath.Join(dir, "state.jsonl"))
		return text
	}
	for i, end := range []os.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		c := exec.Command(os.Args[0], "slowly", dir)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		for until := time.Now().Add(20 * time.Second); bytes.Count(state(), []byte(`"trial"`)) < 2*(i+1); {
			if time.Now().After(until) {
				c.Process.Kill()
				t.Fatalf("the state is %s", state())
			}
			time.Sleep(10 * time.Millisecond)
		}
		if err := c.Process.Signal(end); err != nil {
			t.Fatal(err)
		}
		if err := c.Wait(); err == nil {
			t.Fatal("the calibration finished before it was interrupted")
		}
	}
	certificate, err := slowly(t.Context(), dir)
	if err != nil || certificate.Verdict != calibrate.Passed || certificate.Properties[0].Measures[0].Value != 28 {
		t.Errorf("Run = %+v, %v, want a pass with all repetitions, 0 to 7", certificate, err)
	}
	if certificate.Seconds < 0.8 {
		t.Errorf("all repetitions took %v s, want at least 0.8", certificate.Seconds)
	}
	text, err := os.ReadFile(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	made := strings.Fields(string(text)) // a repetition is made again if a signal came just before it was saved
	if got := slices.Compact(made); len(made) > 10 || strings.Join(got, "") != "01234567" {
		t.Errorf("repetitions %q were made, want each once", made)
	}
}

// A directory is locked against a second calibration.
func TestRunIsAlone(t *testing.T) {
	dir := t.TempDir()
	p := calibrate.Repeated("gain", 1, func(int) error {
		_, err := calibrate.Run(t.Context(), newLab(), order(dir))
		if err == nil || !strings.Contains(err.Error(), "another calibration is writing to "+dir) {
			t.Errorf("Run during another = %v, want an error that names the directory", err)
		}
		return nil
	})
	if _, err := calibrate.Run(t.Context(), newLab(), order(dir, p)); err != nil {
		t.Fatal(err)
	}
}
