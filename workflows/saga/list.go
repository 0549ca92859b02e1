package saga

import commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"

// Role of a call in a story.
type Role string

// The roles.
const (
	RoleBegin    Role = "begin"     // opens the saga at the order
	RoleDo       Role = "do"        // before the pivot; has an undo, or changes nothing
	RolePivot    Role = "pivot"     // from here the saga only goes forward
	RoleForward  Role = "forward"   // after the pivot
	RoleTurnBack Role = "turn back" // makes the order refuse the pivot before anything is undone
	RoleEnd      Role = "end"       // records the end after everything was undone
)

// Listed is a call of a story.
type Listed struct {
	Role Role
	// Step is the name in the barrier's key of a do.
	Step     string
	Activity string
	// Undo is the activity that undoes the do; empty when there is nothing to undo.
	Undo string
}

// List returns the calls of a saga in the order of its story. Nothing is called.
func List(kind Kind) []Listed {
	listed := []Listed{}
	s := &Saga{kind: kind, ref: &commonv1.Saga{Kind: kind.Name}, listed: &listed}
	kind.Tell(s, nil)
	return listed
}

// lists adds a call to the list when the story is only listed.
func (s *Saga) lists(call Listed) bool {
	if s.listed == nil {
		return false
	}
	*s.listed = append(*s.listed, call)
	return true
}

// activityOf returns the activity of a call when the story is only listed.
func activityOf(s *Saga, call func() Call) string {
	if s.listed == nil {
		return ""
	}
	return call().Activity
}
