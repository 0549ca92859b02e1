package rest

import (
	"math"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ordersaga/ordersaga/platform/auth"
)

// limit bounds the requests of one caller: per second, and in progress at one time, of which those
// that wait for an order last longest. It runs after authenticate, which limits requests without a
// token.
func (a *API) limit(ctx huma.Context, next func(huma.Context)) {
	identity, known := auth.FromContext(ctx.Context())
	key := "subject " + identity.Subject
	if !known {
		key = addressKey(ctx)
	}
	if retryAfter, ok := a.rate.Allow(key); !ok {
		write(ctx, tooMany(retryAfter, "Too many requests. Slow down."))
		return
	}
	if known {
		done, ok := a.inFlight.Begin(key)
		if !ok {
			write(ctx, tooMany(time.Second, "Too many of your requests are in progress. Wait for one of them to end."))
			return
		}
		defer done()
	}
	next(ctx)
}

// limitUnauthenticated returns the answer to a request without a valid token: refused, or 429 when
// its address sends too many of them.
func (a *API) limitUnauthenticated(ctx huma.Context, refused *Problem) *Problem {
	if retryAfter, ok := a.rate.Allow(addressKey(ctx)); !ok {
		return tooMany(retryAfter, "Too many requests without a valid token. Slow down.")
	}
	return refused
}

// addressKey is the peer's address. A forwarding header is not used, because any client can set it.
func addressKey(ctx huma.Context) string {
	host, _, err := net.SplitHostPort(ctx.RemoteAddr())
	if err != nil {
		host = ctx.RemoteAddr()
	}
	return "address " + host
}

func tooMany(retryAfter time.Duration, detail string) *Problem {
	seconds := max(1, int(math.Ceil(retryAfter.Seconds())))
	return NewProblem(http.StatusTooManyRequests, "too-many-requests", detail).WithHeader("Retry-After", strconv.Itoa(seconds))
}
