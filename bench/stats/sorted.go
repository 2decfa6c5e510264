package stats

import (
	"encoding/binary"
	"iter"
	"slices"
	"sort"
)

// A Sorted holds values in ascending order. It stores their differences in variable length, which takes one or two
// bytes for each of many response times instead of eight: a merged run may have a hundred million. The zero value is
// empty.
type Sorted struct {
	n         int
	low, high int64
	deltas    []byte // differences from the value before, without the first value
	marks     []mark // one for each markEvery values after the first, to search without reading all
}

// A mark is a value, and the position of the next difference.
type mark struct {
	value int64
	next  int
}

const markEvery = 256

// NewSorted sorts the values in place, and returns them.
func NewSorted(values []int64) Sorted {
	slices.Sort(values)
	s := Sorted{n: len(values)}
	if s.n == 0 {
		return s
	}
	s.low, s.high = values[0], values[s.n-1]
	s.deltas = make([]byte, 0, 2*s.n)
	for i, v := range values[1:] {
		s.deltas = binary.AppendUvarint(s.deltas, uint64(v-values[i])) // the difference may exceed the range of int64
		if (i+1)%markEvery == 0 {
			s.marks = append(s.marks, mark{v, len(s.deltas)})
		}
	}
	s.deltas, s.marks = slices.Clone(s.deltas), slices.Clip(s.marks) // without spare capacity
	return s
}

// Len returns the number of values.
func (s Sorted) Len() int { return s.n }

// Max returns the largest value; 0 if there is none.
func (s Sorted) Max() int64 { return s.high }

// All yields the values in ascending order.
func (s Sorted) All() iter.Seq[int64] { return s.from(0) }

// From yields the values that are at least v.
func (s Sorted) From(v int64) iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for value := range s.from(s.before(v)) {
			if value >= v && !yield(value) {
				return
			}
		}
	}
}

// UpTo returns the number of values that are at most v.
func (s Sorted) UpTo(v int64) int {
	if s.n == 0 || v < s.low {
		return 0
	}
	if v >= s.high {
		return s.n
	}
	m := sort.Search(len(s.marks), func(i int) bool { return s.marks[i].value > v })
	n := m * markEvery
	for value := range s.from(m) {
		if value > v {
			break
		}
		n++
	}
	return n
}

// before returns the number of the last mark, from 1, whose value is less than v; 0 if there is none.
func (s Sorted) before(v int64) int {
	return sort.Search(len(s.marks), func(i int) bool { return s.marks[i].value >= v })
}

// from yields the values from a mark on; 0 is the first value.
func (s Sorted) from(m int) iter.Seq[int64] {
	return func(yield func(int64) bool) {
		if s.n == 0 {
			return
		}
		value, next := s.low, 0
		if m > 0 {
			value, next = s.marks[m-1].value, s.marks[m-1].next
		}
		for yield(value) {
			if next == len(s.deltas) {
				return
			}
			delta, size := binary.Uvarint(s.deltas[next:])
			value, next = value+int64(delta), next+size
		}
	}
}
