package program

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"github.com/ordersaga/ordersaga/platform/config"
	"github.com/ordersaga/ordersaga/platform/doctor"
)

// slips is how many letters a misspelled name may differ by.
const slips = 2

// misspelled remarks the variables that are set, are not read, and look like one that is: an
// optional setting with a slip in its name is silently the default.
func misspelled(read []config.Setting, environ []string) (checks []doctor.Check) {
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		meant, found := resembles(name, read)
		if !found {
			continue
		}
		checks = append(checks, doctor.Check{Subject: name, Try: func(context.Context) (string, error) {
			return "", doctor.Remark(fmt.Sprintf("it is set and not read; did you mean %s?", meant))
		}})
	}
	return checks
}

// resembles finds the setting that an unknown name was meant to be. Short names resemble too much.
func resembles(name string, read []config.Setting) (meant string, found bool) {
	const short = 6
	if len(name) < short || slices.ContainsFunc(read, func(s config.Setting) bool { return matches(s.Name, name) }) {
		return "", false
	}
	for _, s := range read {
		if len(s.Name) >= short && levenshtein.ComputeDistance(name, s.Name) <= slips {
			return s.Name, true
		}
	}
	return "", false
}

// matches tells whether a setting, or the names a pattern stands for, is meant.
func matches(setting, name string) bool {
	prefix, pattern := strings.CutSuffix(setting, "*")
	return setting == name || pattern && strings.HasPrefix(name, prefix)
}
