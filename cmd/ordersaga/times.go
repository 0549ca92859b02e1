package main

import "time"

// All times are shown in UTC, as in the services' texts and logs.
const zone = "UTC"

// at formats a time for a column whose heading names the zone.
func at(moment time.Time) string {
	if moment.IsZero() {
		return "-"
	}
	return moment.UTC().Format("2006-01-02 15:04:05.000")
}

// when formats a time with its zone.
func when(moment time.Time) string {
	if moment.IsZero() {
		return "-"
	}
	return at(moment) + " " + zone
}
