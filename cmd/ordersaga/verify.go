package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/verify"
)

type verifyCommand struct {
	JSON   bool          `help:"Print the report as JSON." name:"json"`
	Settle time.Duration `help:"How long open orders and undelivered events may take to end." default:"60s" placeholder:"DURATION"`
	Full   bool          `help:"Compare the document of every order with its events, not only those of the newest 20,000 events."`
}

func (c *verifyCommand) Run(ctx context.Context, s patientSession) error {
	if c.Settle < 0 {
		return usage{fmt.Errorf("--settle must not be negative, not %s", c.Settle)}
	}
	report, err := verify.Run(ctx, s.Client, c.Settle, c.Full)
	if err != nil {
		return err
	}
	if c.JSON {
		err = showJSON(report)
	} else {
		printReport(os.Stdout, report)
	}
	if err == nil && !report.OK {
		return answered{exitNo}
	}
	return err
}
