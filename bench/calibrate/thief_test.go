package calibrate_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"math"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"forktax/bench/calibrate"
	"forktax/bench/testenv"
)

// A thief takes about its share of each core. The mean burst is 6.3 ms, so a second has 30 of them at 20%.
func TestThief(t *testing.T) {
	for _, share := range []float64{0.05, 0.2} {
		took, err := calibrate.BesideThief(t.Context(), newLab(), share, func() { time.Sleep(1500 * time.Millisecond) })
		var refused *calibrate.RefusedThiefError
		testenv.As(t, err, &refused)
		if err != nil || took < share/3 || took > 3*share {
			t.Errorf("besideThief(%v) = %v, %v, want about its share", share, took, err)
		}
	}
}

// Without the permission for real-time priority the error names CAP_SYS_NICE, which grants it.
func TestThiefRefused(t *testing.T) {
	l := newLab()
	if os.Geteuid() == 0 {
		setpriv := testenv.Program(t, "setpriv", "util-linux")
		l.Helper = append([]string{setpriv, "--bounding-set=-sys_nice"}, l.Helper...)
	}
	ran := false
	_, err := calibrate.BesideThief(t.Context(), l, 0.1, func() { ran = true })
	if err == nil && os.Geteuid() != 0 {
		testenv.Skip(t, errors.New("real-time priority is permitted for this user"))
	}
	var refused *calibrate.RefusedThiefError
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), "CAP_SYS_NICE") || ran {
		t.Errorf("besideThief = %v, called: %v; want a refusal that names CAP_SYS_NICE, false", err, ran)
	}
}

// A thief ends when its input closes, and when its parent dies while its input stays open.
func TestThiefEnds(t *testing.T) {
	for name, end := range map[string]func(in io.Closer, parent *os.Process) error{
		"its input closes": func(in io.Closer, _ *os.Process) error { return in.Close() },
		"its parent dies":  func(_ io.Closer, parent *os.Process) error { return parent.Kill() },
	} {
		t.Run(name, func(t *testing.T) {
			parent := exec.Command("sh", "-c", `exec 3<&0; "$0" tool thief 0.05 <&3 & wait`, os.Args[0])
			in, err := parent.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			out, err := parent.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := parent.Start(); err != nil {
				t.Fatal(err)
			}
			defer parent.Wait()
			defer in.Close()
			defer parent.Process.Kill()
			read := bufio.NewReader(out)
			line, err := read.ReadString('\n')
			if strings.HasPrefix(line, "refused") {
				testenv.Skip(t, errors.New(line))
			}
			if err != nil || !strings.HasPrefix(line, "ready ") {
				t.Fatalf("the thief printed %q, %v", line, err)
			}
			if err := end(in, parent.Process); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { // the output ends when the last process that holds it does
				_, err := io.Copy(io.Discard, read)
				ended <- err
			}()
			select {
			case <-ended:
			case <-time.After(20 * time.Second):
				t.Error("the thief still runs after 20 s")
			}
		})
	}
}

func TestThiefArguments(t *testing.T) {
	for _, args := range [][]string{{"thief"}, {"thief", "all"}, {"thief", "0"}, {"thief", "0.9"}, {"thief", "NaN"},
		{"thief", "0.1", "0.2"}} {
		err := calibrate.RunHelper(context.Background(), args, strings.NewReader(""), io.Discard)
		if err == nil || !strings.Contains(err.Error(), "above 0 and at most 0.5") {
			t.Errorf("RunHelper(%q) = %v, want an error with the valid range", args, err)
		}
	}
}

// Bursts are from 1 to 20 ms, with the geometric mean as their median.
func TestTheftLength(t *testing.T) {
	for u, want := range map[float64]float64{0: 1, 0.5: math.Sqrt(20), 1: 20} {
		if got := calibrate.TheftLength(u); math.Abs(got.Seconds()*1000-want) > 1e-3 {
			t.Errorf("theftLength(%v) = %v, want %v ms", u, got, want)
		}
	}
}
