package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// A Target is a running server under test.
type Target struct {
	Workload string
	Model    string
	URL      string       // without a trailing slash
	AdminURL string       // "" if it has no admin listener: then nothing is known of its cost
	PID      int          // of its serving process; 0 if somebody else runs it
	Foreign  bool         // somebody else runs it: its headers are its own affair
	Gone     <-chan error // yields why, when it ends without having been asked to; nil if that cannot be known
}

// A Launcher starts targets. Launch returns when the target answers. Stop ends it, with every process it started, and
// returns an error if it did not end well; it may be called once, and at the same time as those of other targets.
type Launcher interface {
	Launch(ctx context.Context, model, workload string) (t *Target, stop func() error, err error)
}

// usage asks the target what it has consumed so far.
func (t *Target) usage(ctx context.Context, client *http.Client) (*Usage, error) {
	if t.AdminURL == "" {
		return nil, nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, t.AdminURL+"/usage", nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("asking %s %s for its usage: %w", t.Workload, t.Model, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("asking %s %s for its usage: %s", t.Workload, t.Model, resp.Status)
	}
	var u Usage
	if err := json.NewDecoder(resp.Body).Decode(&u); err != nil {
		return nil, fmt.Errorf("reading the usage of %s %s: %w", t.Workload, t.Model, err)
	}
	return &u, nil
}
