package subject

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"forktax/bench/foreign"
	"forktax/workload/contract"
)

// ParseAdmins parses the elements of the option target-admin, each name=url of an admin listener, and sets Admin of the
// external servers with these names.
func ParseAdmins(texts []string, servers []External) error {
	for i, text := range texts {
		parsed, err := ParseExternal(text)
		if err != nil {
			return InvalidElement("target-admin", i, "%v", err)
		}
		var names []string
		for _, f := range servers {
			names = append(names, f.Name)
		}
		switch at := slices.Index(names, parsed.Name); {
		case len(servers) == 0:
			return InvalidElement("target-admin", i, "%q: no --target is given: add --target %s=url", text, parsed.Name)
		case at < 0:
			return InvalidElement("target-admin", i, "%q: no --target has this name: use one of %s", text,
				strings.Join(names, ", "))
		case servers[at].Admin != nil:
			return InvalidElement("target-admin", i, "%q: --target %s already has an admin URL: remove one", text, parsed.Name)
		default:
			servers[at].Admin = parsed.URL
		}
	}
	return nil
}

// adminURL returns the URL of the admin listener, without a trailing slash; "" if there is none.
func (f External) adminURL() string {
	if f.Admin == nil {
		return ""
	}
	return strings.TrimSuffix(f.Admin.String(), "/")
}

// clockTries is how many times the clock of a server is read at most: a response may be late.
const clockTries = 3

// ReachAdmin checks the admin listener, if there is one, by reading the server's usage, and sets OtherClock from its
// clock. It also sends the server one request, which the admin listener of another server would not count.
func (f *External) ReachAdmin(ctx context.Context) error {
	if f.Admin == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, DefaultTimeout) // the server may need as long for a response
	defer cancel()
	client := NewClient()
	defer client.CloseIdleConnections()
	var usage struct {
		SelfCPUNS *int64 `json:"self_cpu_ns"`
	}
	if err := f.askAdmin(ctx, client, "/usage", &usage); err != nil {
		return err
	}
	if usage.SelfCPUNS == nil {
		return f.notAdmin("GET /usage: no self_cpu_ns in the response")
	}
	if err := f.proveAdmin(ctx, client); err != nil {
		return err
	}
	for range clockTries {
		before := contract.Now()
		var family contract.Family
		if err := f.askAdmin(ctx, client, "/children", &family); err != nil {
			return err
		}
		after := contract.Now()
		if f.OtherClock = family.NowNS < before || family.NowNS > after; !f.OtherClock {
			break
		}
		f.clockOffset = time.Duration(family.NowNS - before - (after-before)/2)
	}
	return nil
}

// proveAdmin sends the server a HEAD request. It returns an error if the admin listener does not count the request.
func (f External) proveAdmin(ctx context.Context, client *http.Client) error {
	before, err := f.servedRequests(ctx, client)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, f.URL.String(), nil)
	if err != nil {
		return fmt.Errorf("URL of %s: %w", f.Name, err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("requesting %s from %s: %w", f.URL, f.Name, err)
	}
	resp.Body.Close()
	for deadline := time.Now().Add(countLimit); ; time.Sleep(countLimit / 100) {
		// The response may arrive before the server counts it.
		after, err := f.servedRequests(ctx, client)
		if err != nil || after > before {
			return err
		}
		if time.Now().After(deadline) {
			return InvalidOption("target-admin", "%s=%s belongs to another server: it did not count a request to %s. "+
				"forktax serve prints both URLs in one line: ready <url> <admin url>", f.Name, f.Admin, f.URL)
		}
	}
}

// countLimit is the longest time from the response to a request until the server counts the request.
const countLimit = time.Second

// servedRequests returns the number of requests that the server has served, as its admin listener reports it.
func (f External) servedRequests(ctx context.Context, client *http.Client) (total int64, err error) {
	var byStatus map[int]int64
	err = f.askAdmin(ctx, client, "/requests", &byStatus)
	for _, n := range byStatus {
		total += n
	}
	return total, err
}

// An OtherClock is a server whose clock differs from this machine's.
type OtherClock struct {
	Model    string `json:"model"`
	OffsetNS int64  `json:"offset_ns"` // the server's clock minus this machine's
}

// OtherClocks returns the servers whose clock differs from this machine's.
func OtherClocks(servers []External) (found []OtherClock) {
	for _, f := range servers {
		if f.OtherClock {
			found = append(found, OtherClock{f.Name, int64(f.clockOffset)})
		}
	}
	return found
}

// mostRead is the largest number of bytes that are read of an admin listener's response.
const mostRead = 1 << 20

// askAdmin requests the path from the admin listener and decodes the JSON response into v.
func (f External) askAdmin(ctx context.Context, client *http.Client, path string, v any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.adminURL()+path, nil)
	if err != nil {
		return fmt.Errorf("admin URL of %s: %w", f.Name, err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("connecting to the admin listener of %s: %w", f.Name, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return f.notAdmin(fmt.Sprintf("GET %s: %s", path, resp.Status))
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, mostRead)).Decode(v); err != nil {
		return f.notAdmin(fmt.Sprintf("GET %s: %v", path, foreign.JSONError(err)))
	}
	return nil
}

func (f External) notAdmin(why string) error {
	return InvalidOption("target-admin", "%s=%s is not the admin URL of a forktax serve (%s): use the second URL of the "+
		"line that it prints: ready <url> <admin url>", f.Name, f.Admin, why)
}

// parseServerURL parses the URL of a server.
func parseServerURL(name, raw string) (*url.URL, error) {
	const example = "such as http://127.0.0.1:8080/"
	u, err := url.Parse(raw)
	switch {
	case isURLWithoutScheme(raw):
		return nil, fmt.Errorf("http:// is missing: %s=http://%s", name, raw)
	case err != nil:
		return nil, err
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return nil, fmt.Errorf("must be an http or https URL, %s", example)
	case u.User != nil || u.Fragment != "":
		return nil, fmt.Errorf("must be a URL without user and fragment: remove them")
	}
	return u, nil
}

// isURLWithoutScheme reports whether text is the URL of a server that lacks only http://.
func isURLWithoutScheme(text string) bool {
	u, err := url.Parse("http://" + text)
	return err == nil && !strings.Contains(text, "://") && u.Hostname() != "" && u.User == nil &&
		(u.Port() != "" || strings.Contains(u.Host, ".") || u.Host == "localhost")
}

// IsAddress reports whether text, given as a command, is an address with a port, and perhaps a path.
func IsAddress(text string) bool {
	u, err := url.Parse("http://" + text)
	return err == nil && u.Port() != "" && !strings.ContainsAny(text, " \t")
}
