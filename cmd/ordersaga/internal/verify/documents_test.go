package verify

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// A product that sells all the time is always a little behind, and no violation.
func TestADocumentThatFollowsIsNotWrong(t *testing.T) {
	d := doubts{same: map[string]int{}, target: map[string]int64{}, caughtUp: map[string]bool{}}
	look := func(have, want int64) (problems map[string]difference, again bool) {
		problems = map[string]difference{"tea": {problem: "older", behind: true, have: have, want: want}}
		again = d.wait(problems)
		return problems, again
	}
	problems, again := look(5, 9)
	assert.True(t, again)
	assert.Len(t, problems, 1)
	problems, again = look(8, 14)
	assert.True(t, again, "it has not come to 9 yet")
	assert.Len(t, problems, 1)
	problems, again = look(11, 20)
	assert.False(t, again)
	assert.Empty(t, problems, "it passed 9")
}

func TestWhatIsWrongInTheSameWayThriceIsWrong(t *testing.T) {
	d := doubts{same: map[string]int{}, target: map[string]int64{}, caughtUp: map[string]bool{}}
	for look := 1; look <= rereads; look++ {
		problems := map[string]difference{"tea": {problem: "another name"}}
		assert.Equal(t, look < rereads, d.wait(problems), "look %d", look)
		assert.Len(t, problems, 1)
	}
	assert.False(t, d.wait(map[string]difference{}), "it was corrected")
	assert.True(t, d.wait(map[string]difference{"tea": {problem: "another name"}}), "it is counted anew")
}
