package report

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/HdrHistogram/hdrhistogram-go"

	"forktax/bench/analysis"
	"forktax/bench/foreign"
)

// HDR prints the response times of each cell, in nanoseconds, as an HdrHistogram log, version 1.3 with V2 encoding. The
// log has one interval per cell, tagged with the cell's name. The usual tools read and merge such logs.
func HDR(w io.Writer, a *analysis.Analysis) error {
	a = respell(a, inLine)
	log := hdrhistogram.NewHistogramLogWriter(w)
	start := a.Run.Started.UnixMilli()
	if err := errors.Join(
		log.OutputLogFormatVersion(),
		log.OutputComment(fmt.Sprintf("[forktax run %s, response times in ns]", a.Run.ID)),
		incomplete(log, a.Run),
		log.OutputStartTime(start),
		log.OutputLegend(),
	); err != nil {
		return err
	}
	for _, c := range a.Cells {
		if c.Histogram == nil {
			return errNoBlocks
		}
		c.Histogram.SetTag(tag(c))
		c.Histogram.SetStartTimeMs(start)
		c.Histogram.SetEndTimeMs(start + int64(a.Run.Seconds*1000))
		options := hdrhistogram.DefaultHistogramLogOptions()
		if err := log.OutputIntervalHistogramWithLogOptions(c.Histogram, options); err != nil {
			return fmt.Errorf("writing the histogram of %s: %w", c, err)
		}
	}
	return nil
}

// incomplete writes a comment if the run is incomplete.
func incomplete(log *hdrhistogram.HistogramLogWriter, r analysis.Run) error {
	if r.Complete {
		return nil
	}
	return log.OutputComment(fmt.Sprintf("[incomplete: %s]", r.Condition))
}

// tag names a cell without the characters that end a tag in a log.
func tag(c analysis.Cell) string {
	return strings.NewReplacer(", ", ":", ",", ":", " ", "-", "/s", "rps").Replace(foreign.Line(c.String()))
}
