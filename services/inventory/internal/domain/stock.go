// Package domain has the rules of stock: levels, the states of a reservation, and when a hold has
// run out. It uses no clock and no database.
package domain

// Level is one SKU's stock after a change.
type Level struct {
	SKU      string
	OnHand   int64 // units in the warehouse
	Reserved int64 // of them, held or allocated for orders
	Version  int64 // one higher with every change
}

// Available returns the units that can still be reserved.
func (l Level) Available() int64 { return l.OnHand - l.Reserved }

// Line is a quantity of one SKU.
type Line struct {
	Number   int32 // in its order, from 1; 0 for received goods
	SKU      string
	Quantity int64 // units, at least 1
}
