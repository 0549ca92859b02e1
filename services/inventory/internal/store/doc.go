// Package store keeps stock in PostgreSQL: entities through GORM; statements that change several
// rows or run for every order are plain SQL.
//
// Locks are taken in one order everywhere: a barrier row, then reservations, then stock items by
// SKU. So transactions do not deadlock.
package store
