package rpc

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/ordersaga/ordersaga/platform/refusal"
)

func TestAStatusFitsIntoTheTrailers(t *testing.T) {
	details := func(bytes int) error {
		s, err := status.New(codes.InvalidArgument, strings.Repeat("ä", 3000)).WithDetails(
			&errdetails.ErrorInfo{Reason: strings.Repeat("x", bytes), Domain: "elsewhere"})
		assert.NoError(t, err)
		return s.Err()
	}
	for name, test := range map[string]struct {
		err     error
		details int
	}{
		"a long text":                     {status.Error(codes.Internal, strings.Repeat("x", 1<<20)), 0},
		"a long text beyond ASCII":        {status.Error(codes.Internal, strings.Repeat("漢", 1<<20)), 0},
		"a long refusal":                  {refusal.New("no", strings.Repeat("x", 1<<20), nil), 1},
		"details beside a long text":      {details(4000), 1},
		"details that are too large":      {details(8000), 0},
		"a refusal with all that it says": {refusal.New("out_of_stock", "Too few.", strings.Repeat("x", 4990)), 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := status.Convert(ToStatus(test.err))
			assert.LessOrEqual(t, trailers(s.Proto()), trailersMax)
			assert.LessOrEqual(t, utf8.RuneCountInString(s.Message()), messageMax)
			assert.NotEmpty(t, s.Message())
			assert.Len(t, s.Details(), test.details)
		})
	}
	odd := status.Convert(ToStatus(status.Error(codes.NotFound, "no\r\nproduct\x1b[31m \u202eTEA")))
	assert.NotContains(t, odd.Message(), "\n")
	assert.NotContains(t, odd.Message(), "\x1b")
}

func TestARequestThatIsNotTakenIsARefusal(t *testing.T) {
	bad := status.Error(codes.InvalidArgument, "payment_method: must not be blank")
	err := FromStatus(bad)
	refused, ok := refusal.As(err)
	assert.True(t, ok, "%v", err)
	assert.Equal(t, &refusal.Refusal{Reason: "invalid_request", Message: "payment_method: must not be blank"}, refused)
	assert.Equal(t, codes.InvalidArgument, status.Code(err), "and is still what it came as")

	for _, code := range []codes.Code{codes.Unavailable, codes.Internal, codes.DeadlineExceeded, codes.PermissionDenied, codes.Unauthenticated, codes.NotFound, codes.ResourceExhausted} {
		_, ok := refusal.As(FromStatus(status.Error(code, "x")))
		assert.False(t, ok, "%s is no refusal: trying again may be right", code)
	}
}
