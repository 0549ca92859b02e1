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

// slips bounds the edit distance between a misspelled name and a setting.
const slips = 2

// misspelled remarks on variables that are set, are not read, and resemble a setting: without this,
// a misspelled optional setting silently has its default.
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

// resembles finds the setting that an unknown name resembles. Short names are skipped, because they
// resemble too many.
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

// matches reports whether a name is that of a setting, which may be a pattern with a final *.
func matches(setting, name string) bool {
	prefix, pattern := strings.CutSuffix(setting, "*")
	return setting == name || pattern && strings.HasPrefix(name, prefix)
}
