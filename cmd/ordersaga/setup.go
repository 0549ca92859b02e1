package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/temporalclient"
)

type setupCommand struct {
	Retention time.Duration `help:"How long a namespace made here keeps closed sagas, at least 24h." default:"168h"`
	Wait      time.Duration `help:"How long Temporal may take to answer." default:"3m"`
}

func (c *setupCommand) Run() error {
	if c.Retention < 24*time.Hour {
		return usage{fmt.Errorf("--retention must be at least 24h, not %s", c.Retention)}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, c.Wait)
	defer cancel()
	made, err := temporalclient.Setup(ctx, c.Retention, sagas.SearchAttributes()...)
	if err != nil {
		return err
	}
	if len(made) == 0 {
		fmt.Println("Temporal has all that the sagas need")
		return nil
	}
	fmt.Println("made " + strings.Join(made, ", "))
	return nil
}
