//go:build slow

package live_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"forktax/bench/browsertest"
	"forktax/bench/subject/programtest"
)

// command builds forktax and the workload programs of a demonstration, and returns the path of forktax.
func command(t *testing.T) string {
	t.Helper()
	dir := programtest.Build(t, "forktax", "forktax-hello", "forktax-startup", "forktax-guestbook",
		"forktax-guestbook-postgres",
		"forktax-members", "forktax-wasm", "forktax-hello.wasm")
	return filepath.Join(dir, "forktax")
}

// shown starts the command and returns the URL of the page. The command runs until the test ends, and must then exit
// successfully.
func shown(t *testing.T, path string) string {
	t.Helper()
	cmd := exec.Command(path, "live")
	cmd.Env = append(os.Environ(), "TMPDIR="+t.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	url, found := strings.CutPrefix(strings.TrimSpace(line), "live ")
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGINT)
		io.Copy(io.Discard, out)
		if err := cmd.Wait(); err != nil {
			t.Errorf("forktax live: %v; standard error:\n%s", err, stderr.String())
		}
		if left := running(filepath.Dir(path)); left != "" {
			t.Errorf("processes are still running:\n%s", left)
		}
	})
	if !found {
		t.Fatalf("forktax live printed %q, %v, want live URL", line, err)
	}
	return url
}

// running returns the command lines of running programs in the directory.
func running(dir string) string {
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	found := ""
	for _, file := range files {
		if line, _ := os.ReadFile(file); strings.Contains(string(line), dir) {
			found += strings.ReplaceAll(string(line), "\x00", " ") + "\n"
		}
	}
	return found
}

// until waits for an expression to be true in the page.
func until(t *testing.T, b *browsertest.Browser, expression string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !browsertest.Ask[bool](t, b,
		expression); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("timeout: %s is not true; the page shows: %s", expression,
				browsertest.Ask[string](t, b, "document.body.innerText"))
		}
	}
}

// dialed returns a client's connection to the events of the page, from which nothing is read.
func dialed(t *testing.T, page string) net.Conn {
	t.Helper()
	u, err := url.Parse(page)
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(c, "GET %sevents HTTP/1.1\r\nHost: %s\r\n\r\n", u.Path, u.Host); err != nil {
		t.Fatal(err)
	}
	return c
}

// A page above the limit shows why it is refused. After another page was closed, it can connect.
func TestLivePageTooMany(t *testing.T) {
	page := shown(t, command(t))
	var others []net.Conn
	for range 8 {
		c := dialed(t, page)
		defer c.Close()
		if _, err := bufio.NewReader(c).ReadString('\n'); err != nil { // it is accepted
			t.Fatal(err)
		}
		go io.Copy(io.Discard, c)
		others = append(others, c)
	}
	b := browsertest.Open(t, page)
	until(t, b, `document.getElementById("trouble").textContent.startsWith("8 pages are open already")`)
	others[0].Close()
	until(t, b, `(document.getElementById("stop").textContent === "Go on" && document.getElementById("stop").click(),
		document.getElementById("state").textContent === "running")`)
}

// number returns an expression for the number that the element shows.
func number(selector string) string {
	return fmt.Sprintf(`parseFloat(document.querySelector(%q).textContent.replaceAll(",", ""))`, selector)
}

// The page shows both sides under load. A slider changes the values, the tour goes through all its steps, and no
// process runs after the page stops or the command ends.
func TestLivePage(t *testing.T) {
	path := command(t)
	page := shown(t, path)
	b := browsertest.Open(t, page)
	until(t, b, `[...document.querySelectorAll(".marks canvas, .phases canvas")].every(drawn => {
		const blank = document.createElement("canvas");
		[blank.width, blank.height] = [drawn.width, drawn.height];
		return drawn.toDataURL() !== blank.toDataURL();
	})`)
	until(t, b, `/spawn .* start .* exit /.test(document.querySelector("#side0 .medians").textContent)`)
	until(t, b, `(() => {
		const marks = document.querySelector("#side0 .marks");
		const at = marks.getBoundingClientRect();
		marks.firstChild.dispatchEvent(new MouseEvent("mousemove",
			{bubbles: true, clientX: at.x + marks.clientWidth / 2, clientY: at.y + 8}));
		return /process \d+, lived for \d/.test(marks.title);
	})()`)
	until(t, b, number("#processes")+" > 100 && "+number("#side1 .rps")+" > "+number("#side0 .rps"))
	until(t, b, `/it breaks even at request [0-9,]+\.$/.test(document.getElementById("paid").textContent)`)
	if n := browsertest.Ask[int](t, b, `document.querySelectorAll("#charts canvas").length`); n != 2 {
		t.Errorf("the page draws %d charts, want 2", n)
	}
	browsertest.Picture(t, b, os.Getenv("LIVE_PICTURE"))
	for _, fault := range browsertest.Faults(t, b, "../report/testdata/axe") {
		t.Error(fault)
	}

	// A slider makes each start 50 ms longer, on the side that starts processes.
	b.Do(t, chromedp.Evaluate(`(() => {
		const s = document.getElementById("work");
		s.value = 50;
		s.dispatchEvent(new Event("change", {bubbles: true}));
	})()`, nil))
	until(t, b, `document.getElementById("workload").value === "startup"`)
	until(t, b, number("#side0 .p50")+` >= 50 && document.querySelector("#side0 .p50").textContent.endsWith(" ms")`)

	// Another page requests the events and reads nothing.
	slow := dialed(t, page)
	defer slow.Close()

	const steps = 13 // of the tour
	for step := 1; step <= steps; step++ {
		b.Do(t, chromedp.Click("#next"))
		until(t, b, fmt.Sprintf(`document.getElementById("tour-step").textContent === "%d of %d"`, step, steps))
		until(t, b, `document.getElementById("state").textContent === "running" && `+
			number("#side0 .rps")+" > 0 && "+number("#side1 .rps")+" > 0")
		if trouble := browsertest.Ask[string](t, b, `document.getElementById("trouble").textContent`); trouble != "" {
			t.Errorf("step %d: %s", step, trouble)
		}
	}
	for _, trouble := range b.Troubles() {
		t.Error(trouble)
	}

	// Without viewers, nothing runs but the command.
	slow.Close()
	b.Do(t, chromedp.Click("#stop"))
	for deadline := time.Now().Add(20 * time.Second); strings.Contains(running(filepath.Dir(path)),
		"serve"); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after the page has stopped, these are still running:\n%s", running(filepath.Dir(path)))
		}
	}
	b.Do(t, chromedp.Click("#stop"))
	until(t, b, `document.getElementById("state").textContent === "running" && `+number("#side0 .rps")+" > 0")

	// If a target dies, the page shows it, and the session continues.
	pid := browsertest.Ask[int](t, b,
		`parseInt(document.querySelector("#side1 h2").textContent.match(/process (\d+)/)[1])`)
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	until(t, b, `document.getElementById("trouble").textContent.includes("the target has ended")`)
	b.Do(t, chromedp.Click("#next"))
	until(t, b, `document.getElementById("state").textContent === "running" && `+number("#side1 .rps")+" > 0")
}
