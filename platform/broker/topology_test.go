package broker

import "testing"

func TestWantedFollowsTheTopicExchange(t *testing.T) {
	for _, c := range []struct {
		pattern, eventType string
		want               bool
	}{
		{"a.b.c", "a.b.c", true},
		{"a.b.c", "a.b", false},
		{"a.b", "a.b.c", false},
		{"a.*.c", "a.b.c", true},
		{"a.*.c", "a.b.b.c", false},
		{"a.*", "a", false},
		{"#", "", true},
		{"#", "a.b.c", true},
		{"a.#", "a", true},
		{"a.#.d", "a.b.c.d", true},
		{"a.#.d", "a.d", true},
		{"a.#.d", "a.b.c", false},
		{"#.*", "a", true},
	} {
		if got := wanted([]string{"x", c.pattern}, c.eventType); got != c.want {
			t.Errorf("wanted(%q, %q) = %v", c.pattern, c.eventType, got)
		}
	}
}
