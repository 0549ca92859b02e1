// Package each makes slices of others.
package each

// Map has what to makes of each element, in their order. It is never nil, so that its JSON is a list.
func Map[A, B any](of []A, to func(A) B) []B {
	made := make([]B, len(of))
	for i, a := range of {
		made[i] = to(a)
	}
	return made
}
