package rest

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// ETag makes the entity tag of a version, `"7"`. Further numbers are versions of parts that change
// separately, such as the stock of a product: `"7.31"`.
func ETag(version int64, others ...int64) string {
	numbers := []string{strconv.FormatInt(version, 10)}
	for _, other := range others {
		numbers = append(numbers, strconv.FormatInt(other, 10))
	}
	return strconv.Quote(strings.Join(numbers, "."))
}

// IfMatch reads the expected versions of a change from the If-Match header: nil for "*", any
// version. A missing header is a 428 problem; a malformed one 400; tags that this service cannot
// have given 412. The caller compares the versions with the current one and answers 412 when none
// is equal.
func IfMatch(header string) (versions []int64, err error) {
	if strings.TrimSpace(header) == "" {
		return nil, NewProblem(http.StatusPreconditionRequired, "precondition-required",
			"Send the version you have seen: If-Match with the ETag of your last answer.")
	}
	given, err := readTags(header)
	if err != nil {
		return nil, invalidHeader("invalid-header", "If-Match", `If-Match must be "*" or entity tags, like "7".`)
	}
	if given.any {
		return nil, nil
	}
	for _, tag := range given.tags {
		// Weak tags never match for a change, RFC 9110 13.1.1.
		if version, ok := versionOf(tag); ok {
			versions = append(versions, version)
		}
	}
	if len(versions) == 0 {
		return nil, PreconditionFailed("No tag in If-Match is of a version this service has given. Weak tags never are: they do not name one version.")
	}
	return versions, nil
}

// PreconditionFailed makes the 412 problem of a change that expects another version.
func PreconditionFailed(detail string) *Problem {
	return NewProblem(http.StatusPreconditionFailed, "precondition-failed", detail)
}

// versionOf returns the version in a tag made by ETag.
func versionOf(tag string) (int64, bool) {
	opaque, isQuoted := strings.CutPrefix(tag, `"`)
	if !isQuoted {
		return 0, false
	}
	var numbers []int64
	for text := range strings.SplitSeq(strings.TrimSuffix(opaque, `"`), ".") {
		number, err := strconv.ParseInt(text, 10, 64)
		if err != nil || number < 0 {
			return 0, false
		}
		numbers = append(numbers, number)
	}
	return numbers[0], ETag(numbers[0], numbers[1:]...) == tag
}

// tags of an If-Match or If-None-Match header: "*", or entity tags as they came.
type tags struct {
	any  bool
	tags []string
}

var errNoTags = errors.New("no entity tags")

// readTags reads RFC 9110 13.1.1 and 8.8.3. An entity tag may have commas in it,
// and no escapes.
func readTags(header string) (read tags, err error) {
	rest := strings.Trim(header, " \t")
	if rest == "*" {
		return tags{any: true}, nil
	}
	for rest = strings.TrimLeft(rest, ", \t"); rest != ""; {
		quoted := strings.TrimPrefix(rest, "W/")
		end := strings.IndexByte(strings.TrimPrefix(quoted, `"`), '"')
		if !strings.HasPrefix(quoted, `"`) || end < 0 {
			return tags{}, errNoTags
		}
		length := len(rest) - len(quoted) + end + 2
		tag := rest[:length]
		if strings.ContainsFunc(tag, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
			return tags{}, errNoTags
		}
		read.tags = append(read.tags, tag)
		after := strings.TrimLeft(rest[length:], " \t")
		if after != "" && after[0] != ',' {
			return tags{}, errNoTags
		}
		rest = strings.TrimLeft(after, ", \t")
	}
	if len(read.tags) == 0 {
		return tags{}, errNoTags
	}
	return read, nil
}

// strongly is the strong comparison, for changes: weak tags never match.
func (t tags) strongly(tag string) bool {
	return t.any || !strings.HasPrefix(tag, "W/") && slices.Contains(t.tags, tag)
}

// weakly is the weak comparison, for reads.
func (t tags) weakly(tag string) bool {
	return t.any || slices.ContainsFunc(t.tags, func(given string) bool {
		return strings.TrimPrefix(given, "W/") == strings.TrimPrefix(tag, "W/")
	})
}
