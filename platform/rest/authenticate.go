package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"

	"github.com/ordersaga/ordersaga/platform/auth"
)

// remember puts the path, for problems, and the key of cursors into the context.
func (a *API) remember(ctx huma.Context, next func(huma.Context)) {
	url := ctx.URL()
	next(huma.WithValue(huma.WithValue(ctx, pathKey{}, url.EscapedPath()), cursorKeyKey{}, a.cursorKey))
}

// authenticate admits callers with a valid token and the scope. It refuses tokens of our own
// programs, which call each other by gRPC.
func (a *API) authenticate(scope string) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		if scope == Public {
			next(ctx)
			return
		}
		identity, refused := a.identify(ctx.Context(), ctx.Header("Authorization"))
		switch {
		case refused != nil:
		case identity.Has(auth.ScopeService):
			refused = NewProblem(http.StatusForbidden, "forbidden", "Tokens with the scope "+auth.ScopeService+" are for calls between programs, not for this API.").
				WithHeader("WWW-Authenticate", `Bearer realm="ordersaga", error="insufficient_scope"`)
		case scope != "" && !identity.Has(scope):
			refused = NewProblem(http.StatusForbidden, "forbidden", "The token lacks the scope "+scope+".").
				WithHeader("WWW-Authenticate", fmt.Sprintf(`Bearer realm="ordersaga", error="insufficient_scope", scope=%q`, scope))
		}
		if refused != nil {
			write(ctx, a.limitUnauthenticated(ctx, refused))
			return
		}
		next(huma.WithContext(ctx, auth.WithIdentity(ctx.Context(), identity)))
	}
}

func (a *API) identify(ctx context.Context, authorization string) (auth.Identity, *Problem) {
	scheme, token, _ := strings.Cut(authorization, " ")
	token = strings.TrimSpace(token)
	if !strings.EqualFold(scheme, "bearer") || token == "" {
		return auth.Identity{}, NewProblem(http.StatusUnauthorized, "unauthenticated", "Send a token: Authorization: Bearer …").
			WithHeader("WWW-Authenticate", `Bearer realm="ordersaga"`)
	}
	identity, err := a.verifier.Verify(ctx, token)
	if errors.Is(err, auth.ErrInvalidToken) {
		// The reason is not sent; the header has RFC 6750's error code.
		return auth.Identity{}, NewProblem(http.StatusUnauthorized, "invalid-token", "The token is not valid for this service, or has expired.").
			WithHeader("WWW-Authenticate", `Bearer realm="ordersaga", error="invalid_token"`)
	}
	if err != nil {
		return auth.Identity{}, translate(ctx, err, nil)
	}
	return identity, nil
}

func write(ctx huma.Context, p *Problem) {
	c := humaecho.Unwrap(ctx)
	writeProblem(c.Response(), c.Request(), atRequest(ctx.Context(), p))
}
