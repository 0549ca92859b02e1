package main

import (
	"context"
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/issuer"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/ports"
)

type tokenCommand struct {
	Sub      string        `help:"The subject of the token: the shopper whose orders it shows." default:"demo-shopper"`
	Operator bool          `help:"With the operator's scope: sees all orders, changes products and stock."`
	TTL      time.Duration `help:"How long it lives, at most 720h." default:"12h"`
}

func (c *tokenCommand) Run(a *addresses) error {
	url, err := a.url(ports.Issuer)
	if err != nil {
		return err
	}
	var scopes []string
	if c.Operator {
		scopes = append(scopes, issuer.Operator)
	}
	token, err := issuer.Token(context.Background(), url, c.Sub, c.TTL, scopes...)
	if err != nil {
		return err
	}
	fmt.Println(token)
	return nil
}
