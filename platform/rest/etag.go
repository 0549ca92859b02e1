package rest

import (
	"net/http"
	"strconv"
	"strings"
)

// ETag is the entity tag of a version: `"7"`.
func ETag(version int64) string { return strconv.Quote(strconv.FormatInt(version, 10)) }

// IfMatch reads the version a change is meant for from the If-Match header.
// Without the header it is a 428 problem; when it is no entity tag, or a list
// or "*", which name no one version, 400; when it is an entity tag that this
// service cannot have given, 412. Whether the version is the current one, and
// the 412 when it is not, is the caller's.
func IfMatch(header string) (int64, error) {
	header = strings.TrimSpace(header)
	if header == "" {
		return 0, NewProblem(http.StatusPreconditionRequired, "precondition-required",
			"Send the version you have seen: If-Match with the ETag of your last answer.")
	}
	opaque, isTag := strings.CutPrefix(header, `"`)
	opaque, isClosed := strings.CutSuffix(opaque, `"`)
	if strings.HasPrefix(header, `W/"`) {
		// Weak tags never match for a change, RFC 9110 13.1.1.
		return 0, PreconditionFailed("If-Match compares strongly, and the tag is weak.")
	}
	if !isTag || !isClosed || strings.ContainsAny(opaque, `",`) {
		return 0, NewProblem(http.StatusBadRequest, "bad-request", `If-Match must be one entity tag, like "7".`)
	}
	version, err := strconv.ParseInt(opaque, 10, 64)
	if err != nil || version < 0 || ETag(version) != header {
		return 0, PreconditionFailed("The tag in If-Match is of no version this service has given.")
	}
	return version, nil
}

// PreconditionFailed is the 412 of a change that was meant for another version.
func PreconditionFailed(detail string) *Problem {
	return NewProblem(http.StatusPreconditionFailed, "precondition-failed", detail)
}
