package main

import (
	"context"
	"net/url"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/shop"
)

// request is a call of a service with a token of the one who asks.
func (a *addresses) request(ctx context.Context, service, method, path string, token func(context.Context, *addresses) (string, error)) (shop.Request, error) {
	address, err := a.url(service)
	if err != nil {
		return shop.Request{}, err
	}
	bearer, err := token(ctx, a)
	if err != nil {
		return shop.Request{}, err
	}
	return shop.Request{Method: method, URL: address, Path: path, Token: bearer}, nil
}

// query is made of names and values; without the empty ones.
func query(pairs ...string) url.Values {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			values.Set(pairs[i], pairs[i+1])
		}
	}
	return values
}
