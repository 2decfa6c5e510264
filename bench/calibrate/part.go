package calibrate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Part is what one of several machines measures of a calibration. The zero Part is all of it.
type Part struct {
	Number int `json:"number"` // from 1
	Of     int `json:"of"`     // how many there are
}

// maxParts is how many parts a calibration can have: more than there are checks of any property.
const maxParts = 1000

// Set reads a part such as 2/8.
func (p *Part) Set(text string) error {
	number, of, _ := strings.Cut(text, "/")
	var read Part
	var err error
	if read.Number, err = strconv.Atoi(number); err == nil {
		read.Of, err = strconv.Atoi(of)
	}
	if err != nil || read.Number < 1 || read.Of > maxParts || read.Number > read.Of {
		return fmt.Errorf("a part such as 2/8 is needed, from 1/8 to 8/8, and of at most %d", maxParts)
	}
	*p = read
	return nil
}

// String returns the part as Set reads it, or "all".
func (p Part) String() string {
	if p.Of == 0 {
		return "all"
	}
	return fmt.Sprintf("%d/%d", p.Number, p.Of)
}

// span returns which of n units are in the part: those from from to just below to. What alternates from unit to unit
// does so in each part.
func (p Part) span(n int) (from, to int) {
	if p.Of == 0 {
		return 0, n
	}
	return n * (p.Number - 1) / p.Of, n * p.Number / p.Of
}

// has reports whether a property that is not divided is in the part: they are dealt out in their order.
func (p Part) has(name string) bool {
	if p.Of == 0 {
		return true
	}
	whole := slices.DeleteFunc(Properties(), func(p Property) bool { return p.Checks != nil })
	i := slices.IndexFunc(whole, func(p Property) bool { return p.Name == name })
	return i%p.Of == p.Number-1
}
