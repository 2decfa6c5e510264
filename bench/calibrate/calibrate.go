package calibrate

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"forktax/bench/machine"
	"forktax/bench/record"
	"forktax/bench/subject"
)

// Files in the directory of a calibration, next to its state.
const (
	certificateJSON     = "certificate.json"
	certificateMarkdown = "certificate.md"
)

// Options describe a calibration.
type Options struct {
	Header
	Dir         string // directory for the state and the certificate
	Restart     bool   // discard the state in Dir
	Properties  []Property
	Environment record.Environment
}

// Run measures the properties that have no outcome in the directory yet, and writes the certificate after each. After
// an error the certificate lists the properties that are missing; a Run with the same options resumes there.
func Run(ctx context.Context, l *Lab, o Options) (c *Certificate, err error) {
	if l.state, err = openState(o.Dir, o.Header, o.Restart); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, l.state.close()) }()
	l.part = o.Part
	var wanted []Property
	for _, p := range o.Properties {
		if p.wanted(l) && !l.state.done(p.Name) {
			wanted = append(wanted, p)
		}
	}
	l.estimate = progressEstimate{began: time.Now()}
	l.estimate.now.Of = len(wanted)
	for _, p := range wanted {
		l.estimate.whole += p.Duration(l)
	}
	if c, err = o.writeCertificate(l); err != nil {
		return nil, err
	}
	for _, p := range wanted {
		l.next(p)
		spent, counted := l.state.spentOn(p.Name)
		began, before := time.Now(), machine.Counters()
		outcome, err := p.measure(ctx, l)
		if cause := context.Cause(ctx); cause != nil {
			return c, cause // even if there is an outcome
		}
		if err != nil {
			return c, fmt.Errorf("measuring %s: %w", p.Name, err)
		}
		if err := l.state.append(entry{Property: p.Name, Outcome: &outcome,
			Seconds: spent + time.Since(began).Seconds(),
			Machine: counted.Add(machine.Counters().Sub(before))}); err != nil {
			return c, err
		}
		if c, err = o.writeCertificate(l); err != nil {
			return c, err
		}
	}
	return c, nil
}

// stealShare returns the share of CPU time that the hypervisor took; nil if it is unknown.
func stealShare(c record.Counters) *float64 {
	if c.CPUSeconds <= 0 {
		return nil
	}
	return new(c.StealSeconds / c.CPUSeconds)
}

// writeCertificate writes a certificate of the properties measured so far.
func (o Options) writeCertificate(l *Lab) (*Certificate, error) {
	h := l.state.Header
	c := &Certificate{Schema: certificateSchema, Version: h.Version, Started: h.Started, Mode: h.Mode,
		Hostile: h.Hostile, Seed: h.Seed, Environment: o.Environment, Programs: h.Programs,
		Properties: []CertifiedProperty{}}
	if h.Part.Of > 0 {
		c.Part = &h.Part
	}
	for _, p := range Properties() {
		e, ok := l.state.outcomes[p.Name]
		if !ok {
			if p.wanted(l) {
				c.Missing = append(c.Missing, p.Name)
			}
			continue
		}
		c.Seconds += e.Seconds
		c.Properties = append(c.Properties,
			CertifiedProperty{p.Name, p.About, p.Must, p.Aim, p.ForComparison, e.Seconds, stealShare(e.Machine), *e.Outcome})
	}
	for _, p := range o.Properties {
		if _, has := l.state.outcomes[p.Name]; !has && p.wanted(l) {
			c.Unfinished = append(c.Unfinished, p.Name)
		}
	}
	c.Verdict = c.verdict()
	return c, c.Write(o.Dir)
}

// Prepare completes the options and returns the workload programs that the properties need, by name. It fills in the
// machine and the programs. Unless seeded, it also fills in the seed of the calibration to resume, or a random seed.
// Command is the path of forktax.
func (o *Options) Prepare(ctx context.Context, finder *subject.Finder, command string, seeded bool) (
	map[string]subject.Program, error) {
	if err := subject.Writable("out", o.Dir); err != nil {
		return nil, err
	}
	if command == "" {
		return nil, errors.New("cannot find the executable of forktax, which is needed to start helper processes")
	}
	if !seeded {
		resumes := false
		if o.Seed, resumes = seedIn(o.Dir); !resumes || o.Restart {
			o.Seed = rand.Uint64N(1_000_000)
		}
	}
	o.Started, o.Environment = time.Now(), machine.Environment()
	o.CPU, o.Cores, o.Kernel = o.Environment.CPU, o.Environment.Cores, o.Environment.Kernel
	var names []string
	for _, p := range o.Properties {
		names = append(names, p.Programs...)
	}
	slices.Sort(names)
	found, err := finder.Find(ctx, slices.Compact(names))
	if err != nil {
		return nil, err
	}
	programs := map[string]subject.Program{}
	paths := map[string]string{"forktax": command}
	for _, p := range found {
		programs[p.Name], paths[p.Name] = p, p.Path
	}
	o.Header.Programs = map[string]string{}
	for name, path := range paths {
		described, err := machine.Program(name, path)
		if err != nil {
			return nil, err
		}
		o.Header.Programs[name] = described.SHA256
		o.Environment.Programs = append(o.Environment.Programs, described)
	}
	return programs, nil
}

// Progress is the progress of a calibration.
type Progress struct {
	Property string        // being measured
	Number   int           // number of that property, from 1
	Of       int           // number of properties to measure
	Share    float64       // completed share of the calibration, from 0 to 1
	Left     time.Duration // estimated remaining time; 0 at the beginning
}

// A progressEstimate computes the progress of a calibration from the expected durations of the properties.
type progressEstimate struct {
	now   Progress
	began time.Time
	whole time.Duration // expected duration of all properties
	done  time.Duration // expected duration of the properties that have been measured
	each  time.Duration // expected duration of the current property
}

// next reports the start of a property.
func (l *Lab) next(p Property) {
	l.estimate.done += l.estimate.each
	l.estimate.each = p.Duration(l)
	l.estimate.now.Property = p.Name
	l.estimate.now.Number++
	l.step(0)
}

// step reports which share of the current property is done, from 0 to 1.
func (l *Lab) step(share float64) {
	if l.Progress == nil {
		return
	}
	p := &l.estimate
	done := p.done + time.Duration(share*float64(p.each))
	p.now.Share = float64(done) / float64(max(p.whole, 1))
	if p.now.Share > 0.02 { // an earlier estimate would not be stable
		p.now.Left = time.Duration(float64(time.Since(p.began)) * (1 - p.now.Share) / p.now.Share)
	}
	l.Progress(p.now)
}
