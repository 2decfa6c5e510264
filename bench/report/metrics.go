package report

import "forktax/bench/analysis"

// A figure is one number of a cell that other tools keep, with its bounds if they are known.
type figure struct {
	metric    string
	value     float64
	low, high *float64
}

// keptFigures lists what other tools keep of a cell: medians, the ninth decile, CPU a request and throughput, as far as
// they are known. Response times of a cell that was overloaded are those of a queue, and left out.
func keptFigures(c analysis.Cell) []figure {
	var found []figure
	add := func(metric string, value *float64) {
		if value == nil {
			return
		}
		f := figure{metric: metric, value: *value}
		if low, high, ok := c.Spread(metric); ok && low <= f.value && f.value <= high {
			f.low, f.high = &low, &high
		}
		found = append(found, f)
	}
	if !c.Overloaded {
		add(analysis.MetricResponse, analysis.Float(c.Response.P50))
		add(analysis.MetricResponse90, analysis.Float(c.Response.P90))
	}
	add(analysis.MetricCPU, analysis.Float(c.CPUPerRequest))
	add(analysis.MetricThroughput, c.ThroughputRPS)
	return found
}
