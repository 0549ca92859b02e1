package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/ordersaga/ordersaga/client"
)

type recoverCommand struct {
	Page int `help:"Sagas looked at with one request, 1 to 500." default:"100"`
}

// Run is called by kong. It may be stopped and run again at any time: what has a run is left alone.
func (c *recoverCommand) Run(ctx context.Context, s patientSession) error {
	if c.Page < 1 || c.Page > 500 {
		return usage{errors.New("--page must be 1 to 500")}
	}
	begun := time.Now()
	show := progress{to: os.Stdout, terminal: isTerminal(os.Stdout), last: -1, unit: "sagas"}
	var sum client.Resumption
	most := 0 // sagas end meanwhile
	for request := (client.PageRequest{Limit: c.Page}); ; {
		page, err := s.ResumeSagas(ctx, request)
		if err != nil {
			show.end()
			return fmt.Errorf("after %d sagas: %w", sum.Looked, err)
		}
		sum.Looked, sum.Resumed, sum.Failed = sum.Looked+page.Looked, sum.Resumed+page.Resumed, sum.Failed+page.Failed
		most = max(most, page.Open, sum.Looked)
		show.print("recover", int64(sum.Looked), int64(most))
		if page.Next == "" {
			break
		}
		request.Cursor = page.Next
	}
	show.end()
	fmt.Printf("%d open sagas: %d had no run and were resumed, %d could not be, in %s\n",
		sum.Looked, sum.Resumed, sum.Failed, time.Since(begun).Round(100*time.Millisecond))
	if sum.Resumed > 0 {
		fmt.Println("An order that was accepted (202) and not recorded yet is not among them; a repeated request places it.")
	}
	if sum.Failed > 0 {
		fmt.Println("The same command tries those again.")
		return answered{exitFailed}
	}
	return nil
}
