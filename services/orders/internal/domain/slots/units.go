package slots

import "slices"

// Range is units of a line, counted from 0; To is not included.
type Range struct {
	Line int32 `json:"line"`
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// Units of the range.
func (r Range) Units() int64 { return r.To - r.From }

// Free are the units of a line that nothing has happened to: ranges in their order, apart from each
// other.
type Free struct {
	ranges []Range
}

// NewFree has all units of a line.
func NewFree(line Line) Free {
	return Free{[]Range{{line.Number, 0, line.Quantity}}}
}

// Units that are free.
func (f Free) Units() (units int64) {
	for _, r := range f.ranges {
		units += r.Units()
	}
	return units
}

// Lowest are the lowest free units; fewer when fewer are free.
func (f Free) Lowest(units int64) (lowest []Range) {
	for _, r := range f.ranges {
		if units <= 0 {
			break
		}
		taken := Range{r.Line, r.From, min(r.To, r.From+units)}
		lowest = append(lowest, taken)
		units -= taken.Units()
	}
	return lowest
}

// Without is what stays free when units are taken.
func (f Free) Without(taken Range) Free {
	left := make([]Range, 0, len(f.ranges)+1)
	for _, r := range f.ranges {
		left = append(left, Range{r.Line, r.From, min(r.To, taken.From)}, Range{r.Line, max(r.From, taken.To), r.To})
	}
	return Free{slices.DeleteFunc(left, func(r Range) bool { return r.Units() <= 0 })}
}
