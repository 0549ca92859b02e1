// Package domain has the rules of stock: what a level is, what a reservation may become, and when a
// hold has run out. It knows no clock and no database.
package domain

// Level is one SKU's stock after a change.
type Level struct {
	SKU      string
	OnHand   int64 // units that are here
	Reserved int64 // of them, held or allocated for orders
	Version  int64 // one higher with every change
}

// Available is what can still be reserved.
func (l Level) Available() int64 { return l.OnHand - l.Reserved }

// Line is a quantity of one SKU.
type Line struct {
	Number   int32 // in its order, from 1; 0 for goods that arrive
	SKU      string
	Quantity int64 // units, at least 1
}
