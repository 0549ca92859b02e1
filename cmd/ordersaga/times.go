package main

import "time"

// Times are shown in UTC everywhere, as the services write them in their texts: beside each other,
// and beside logs, two zones would be read as two times.
const zone = "UTC"

// at is a time in a column whose heading names the zone.
func at(moment time.Time) string {
	if moment.IsZero() {
		return "-"
	}
	return moment.UTC().Format("2006-01-02 15:04:05.000")
}

// when is a time that stands by itself.
func when(moment time.Time) string {
	if moment.IsZero() {
		return "-"
	}
	return at(moment) + " " + zone
}
