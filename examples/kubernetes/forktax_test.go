// Package kubernetes_test checks the example against the types of the Kubernetes API.
package kubernetes_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	"sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// objects decodes the documents of the example strictly, by their kind.
func objects(t *testing.T) (jobs []batch.Job, service core.Service, claim core.PersistentVolumeClaim) {
	t.Helper()
	text, err := os.ReadFile("forktax.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, document := range strings.Split(string(text), "\n---\n") {
		var kind struct{ Kind string }
		if err := yaml.Unmarshal([]byte(document), &kind); err != nil {
			t.Fatal(err)
		}
		var job batch.Job
		into := map[string]any{"Job": &job, "Service": &service, "PersistentVolumeClaim": &claim}[kind.Kind]
		if into == nil {
			t.Fatalf("unexpected kind %q", kind.Kind)
		}
		// The decoder of the API server respects the case of names, which yaml.UnmarshalStrict does not.
		converted, err := yaml.YAMLToJSONStrict([]byte(document))
		if err != nil {
			t.Fatalf("%s: %v", kind.Kind, err)
		}
		if problems, err := json.UnmarshalStrict(converted, into); err != nil || len(problems) > 0 {
			t.Fatalf("%s: %v, %v", kind.Kind, err, problems)
		}
		if kind.Kind == "Job" {
			jobs = append(jobs, job)
		}
	}
	return jobs, service, claim
}

// All parts of an indexed Job run at once, on machines of their own, and are not started again.
func TestGenerators(t *testing.T) {
	jobs, service, claim := objects(t)
	if len(jobs) != 2 {
		t.Fatalf("the example has %d jobs, want 2", len(jobs))
	}
	spec := jobs[0].Spec
	if spec.CompletionMode == nil || *spec.CompletionMode != batch.IndexedCompletion {
		t.Error("the first job is not indexed")
	}
	if *spec.Completions != *spec.Parallelism || *spec.BackoffLimit != 0 {
		t.Errorf("%d of %d parts run at once, and a failed one is started %d times again", *spec.Parallelism,
			*spec.Completions, *spec.BackoffLimit)
	}
	container := spec.Template.Spec.Containers[0]
	if want := "--part=auto/8"; *spec.Completions != 8 || !slices.Contains(container.Args, want) {
		t.Errorf("%d completions with arguments %q, want 8 and %s", *spec.Completions, container.Args, want)
	}
	for _, name := range []core.ResourceName{core.ResourceCPU, core.ResourceMemory} {
		if container.Resources.Requests[name] != container.Resources.Limits[name] {
			t.Errorf("the request for %s is not its limit", name)
		}
	}
	if spread := spec.Template.Spec.TopologySpreadConstraints; len(spread) != 1 ||
		spread[0].MinDomains == nil || *spread[0].MinDomains != *spec.Completions || // with fewer, two would be on one machine
		spread[0].LabelSelector.MatchLabels[batch.JobNameLabel] != jobs[0].Name {
		t.Errorf("the parts are not spread over machines: %+v", spread)
	}
	for _, job := range jobs {
		if got := job.Spec.Template.Spec.Volumes[0].PersistentVolumeClaim.ClaimName; got != claim.Name {
			t.Errorf("job %s stores its results in %q, want %q", job.Name, got, claim.Name)
		}
	}
	var ports []string
	for _, p := range service.Spec.Ports {
		ports = append(ports, p.Name)
	}
	if !slices.Contains(container.Args, "--target=server=http://"+service.Name+"/") || !slices.Equal(ports, []string{"http", "admin"}) {
		t.Errorf("the generators measure %q, and the service %s has the ports %q", container.Args, service.Name, ports)
	}
}
