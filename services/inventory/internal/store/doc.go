// Package store keeps stock in PostgreSQL: entities through GORM, and as plain SQL whatever changes
// several rows or is run for every order.
//
// Locks are taken in one order everywhere: a barrier row, then reservations, then stock items by
// SKU. A transaction that follows it never waits for one that waits for it.
package store
