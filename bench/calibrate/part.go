package calibrate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Part is the share of a calibration that one of several machines measures. The zero Part is the whole calibration.
type Part struct {
	Number int `json:"number"` // number of the part, from 1
	Of     int `json:"of"`     // number of parts
}

// maxParts is the largest number of parts. It exceeds the number of checks of any property.
const maxParts = 1000

// Set parses a part such as 2/8.
func (p *Part) Set(text string) error {
	number, of, _ := strings.Cut(text, "/")
	var read Part
	var err error
	if read.Number, err = strconv.Atoi(number); err == nil {
		read.Of, err = strconv.Atoi(of)
	}
	if err != nil || read.Number < 1 || read.Of > maxParts || read.Number > read.Of {
		return fmt.Errorf("must be a part such as 2/8, from 1/8 to 8/8, with at most %d parts", maxParts)
	}
	*p = read
	return nil
}

// String returns the part in the form that Set parses; "all" for the zero Part.
func (p Part) String() string {
	if p.Of == 0 {
		return "all"
	}
	return fmt.Sprintf("%d/%d", p.Number, p.Of)
}

// span returns the range of units, out of n, that is in the part: from ≤ i < to. It is contiguous, so kinds of units
// that alternate do so within each part.
func (p Part) span(n int) (from, to int) {
	if p.Of == 0 {
		return 0, n
	}
	return n * (p.Number - 1) / p.Of, n * p.Number / p.Of
}

// has reports whether a property without checks is in the part. Such properties are assigned to the parts in turn.
func (p Part) has(name string) bool {
	if p.Of == 0 {
		return true
	}
	whole := slices.DeleteFunc(Properties(), func(p Property) bool { return p.Checks != nil })
	i := slices.IndexFunc(whole, func(p Property) bool { return p.Name == name })
	return i%p.Of == p.Number-1
}
