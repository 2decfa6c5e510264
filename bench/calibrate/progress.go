package calibrate

import "time"

// Progress says how far a calibration is.
type Progress struct {
	Property string
	Number   int           // of it, from 1
	Of       int           // how many are measured
	Share    float64       // of all that is done, from 0 to 1
	Left     time.Duration // as far as can be told; 0 at the beginning
}

// A progressEstimate estimates how far a calibration is, by how long each property is expected to take.
type progressEstimate struct {
	now   Progress
	began time.Time
	whole time.Duration // that all take
	done  time.Duration // that those took which have been measured
	each  time.Duration // that the present one takes
}

// next begins a property.
func (l *Lab) next(p Property) {
	l.estimate.done += l.estimate.each
	l.estimate.each = p.Duration(l)
	l.estimate.now.Property = p.Name
	l.estimate.now.Number++
	l.step(0)
}

// step reports that so much of the present property is done, from 0 to 1.
func (l *Lab) step(share float64) {
	if l.Progress == nil {
		return
	}
	p := &l.estimate
	done := p.done + time.Duration(share*float64(p.each))
	p.now.Share = float64(done) / float64(max(p.whole, 1))
	if p.now.Share > 0.02 { // before, a guess would jump about
		p.now.Left = time.Duration(float64(time.Since(p.began)) * (1 - p.now.Share) / p.now.Share)
	}
	l.Progress(p.now)
}
