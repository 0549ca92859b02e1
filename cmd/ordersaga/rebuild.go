package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/ordersaga/ordersaga/client"
	"github.com/ordersaga/ordersaga/platform/pause"
)

type rebuildCommand struct {
	What string `arg:"" enum:"orders,products,search" help:"What to rebuild: orders, products or search."`
}

// rebuilding is one rebuild: the calls that begin and follow it.
type rebuilding struct {
	name          string
	begin, follow func(*client.Client, context.Context) (*client.Rebuild, error)
}

// rebuildable has the rebuilds, made one after the other.
var rebuildable = map[string][]rebuilding{
	"orders":   {{"orders", (*client.Client).RebuildOrders, (*client.Client).OrdersRebuild}},
	"products": {{"products", (*client.Client).RebuildProducts, (*client.Client).ProductsRebuild}},
	"search": {
		{"search of products", (*client.Client).RebuildProductSearch, (*client.Client).ProductSearchRebuild},
		{"search of orders", (*client.Client).RebuildOrderSearch, (*client.Client).OrderSearchRebuild},
	},
}

// progressInterval is how often the progress is asked for.
const progressInterval = 500 * time.Millisecond

// Run is called by kong. A rebuild is the service's: it goes on when the command is stopped, and the
// next one follows it.
func (c *rebuildCommand) Run(ctx context.Context, s patientSession) error {
	for _, r := range rebuildable[c.What] {
		if err := c.rebuild(ctx, s.session, r); err != nil {
			return err
		}
	}
	return nil
}

func (c *rebuildCommand) rebuild(ctx context.Context, s *session, r rebuilding) error {
	begun := time.Now()
	began, err := r.begin(s.Client, ctx)
	if err != nil {
		return err
	}
	if !began.BeganAt.IsZero() {
		begun = began.BeganAt // by an earlier command, perhaps
	}
	show := progress{to: os.Stdout, terminal: isTerminal(os.Stdout), unit: "events", last: -1}
	for now := began; ; {
		show.print(r.name, now.Done, now.Total)
		if now.State == "live" || now.Generation > began.Generation {
			show.end()
			fmt.Printf("%s: rebuilt in %s, %d events\n", r.name, time.Since(begun).Round(time.Second), now.Total)
			return nil
		}
		if err := pause.For(ctx, progressInterval, nil); err != nil {
			show.end()
			fmt.Printf("The rebuild goes on without this command. `ordersaga rebuild %s` follows it again.\n", c.What)
			return answered{exitNo}
		}
		if now, err = r.follow(s.Client, ctx); err != nil {
			show.end()
			return err
		}
	}
}

// progress is a bar on a terminal; elsewhere a line for each tenth.
type progress struct {
	to       io.Writer
	terminal bool
	unit     string // of what is done
	last     int64  // tenth that was printed
}

const barWidth = 40

func (p *progress) print(what string, done, total int64) {
	share := int64(100)
	if total > 0 {
		share = done * 100 / total
	}
	if p.terminal {
		filled := int(share) * barWidth / 100
		fmt.Fprintf(p.to, "\r%s [%s%s] %3d%%  %d of %d %s", what, strings.Repeat("#", filled), strings.Repeat(".", barWidth-filled), share, done, total, p.unit)
		return
	}
	if share/10 != p.last {
		p.last = share / 10
		fmt.Fprintf(p.to, "%s %3d%%  %d of %d %s\n", what, share, done, total, p.unit)
	}
}

// end ends the line of the bar.
func (p *progress) end() {
	if p.terminal {
		fmt.Fprintln(p.to)
	}
}

func isTerminal(file *os.File) bool {
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
