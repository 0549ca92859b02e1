package main

import (
	"context"
	"fmt"

	"github.com/ordersaga/ordersaga/client"
)

// announceCommand tells of everything of a kind again, for readers of events that begin anew.
type announceCommand struct {
	What string `arg:"" enum:"products,stock" help:"What is announced: products or stock."`
}

// Run is called by kong. It may be stopped and begun again: versions make repetitions harmless.
func (c *announceCommand) Run(ctx context.Context, s patientSession) error {
	announce := (*client.Client).AnnounceProducts
	if c.What == "stock" {
		announce = (*client.Client).AnnounceStock
	}
	announced := 0
	for cursor := ""; ; {
		told, err := announce(s.Client, ctx, cursor)
		if err != nil {
			return fmt.Errorf("%d announced, then: %w", announced, err)
		}
		announced += told.Announced
		if cursor = told.Next; cursor == "" {
			fmt.Printf("%s: %d announced\n", c.What, announced)
			return nil
		}
	}
}
