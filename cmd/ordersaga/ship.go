package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ordersaga/ordersaga/client"
)

type shipOrder struct {
	raw
	ID       string        `arg:"" help:"The order's id."`
	Line     []string      `help:"Units of a line by its number; repeatable. By default everything that is left." placeholder:"NUMBER=QTY" sep:"none"`
	Carrier  string        `help:"Who carries it." placeholder:"NAME"`
	Tracking string        `help:"A code or an https address by which it is followed." placeholder:"CODE"`
	Note     string        `help:"A text for people." placeholder:"TEXT"`
	Key      string        `help:"Idempotency key: the same key is the same shipment. By default a new one." placeholder:"KEY"`
	Yes      bool          `help:"Do it without asking, for scripts."`
	Wait     time.Duration `help:"How long to wait for the outcome, at most 50s." default:"10s" placeholder:"DURATION"`
}

// Run is called by kong. It shows the effect and asks before it ships.
func (c *shipOrder) Run(a *addresses) error {
	wanted, err := unitsOfLines(c.Line)
	if err != nil {
		return usage{err}
	}
	s, err := a.session(operator)
	if err != nil {
		return err
	}
	ctx := context.Background()
	etag := "*"
	if !c.Yes {
		preview, err := s.PreviewShipment(ctx, c.ID, wanted)
		if err != nil {
			return c.show(s, err, nil)
		}
		if err := ask(preview.Effect); err != nil {
			return err
		}
		etag = preview.ETag
	}
	done, err := s.ShipOrder(ctx, c.ID, client.NewShipment{
		Key: c.Key, ETag: etag, Wait: patience(c.Wait), Lines: wanted, Carrier: c.Carrier, Tracking: c.Tracking, Note: c.Note,
	})
	err = c.show(s, err, func() { printShipment(done) })
	switch {
	case err != nil:
		return err
	case done.DoneAt.IsZero():
		return answered{exitUnsettled}
	case done.Why != nil:
		return answered{exitFailed}
	}
	return nil
}

func printShipment(shipment *client.Shipment) {
	captured := ""
	if shipment.Why == nil {
		captured = ", " + amount(shipment.Captured) + " captured"
	}
	fmt.Printf("Shipment %s: %s%s%s\n", shipment.ID, strings.ReplaceAll(shipment.Status, "_", " "), captured, why(shipment.Why))
}

func why(reason *client.Reason) string {
	if reason == nil {
		return ""
	}
	return ": " + strings.TrimRight(reason.Code+": "+reason.Message, ".: ")
}

// printShipments shows the shipments and refunds of an order.
func printShipments(o *client.Order) {
	if len(o.Shipments) > 0 {
		rows := [][]string{{"SHIPMENT", "STATUS", "AMOUNT", "CAPTURED", "CARRIER", "TRACKING"}}
		for _, shipment := range o.Shipments {
			rows = append(rows, []string{
				shipment.ID, shipment.Status + why(shipment.Why), amount(shipment.Amount), amount(shipment.Captured), shipment.Carrier, shipment.Tracking,
			})
		}
		fmt.Println()
		table(rows)
	}
	if len(o.Refunds) > 0 {
		rows := [][]string{{"REFUND", "STATUS", "AMOUNT", "REASON"}}
		for _, refund := range o.Refunds {
			rows = append(rows, []string{refund.ID, refund.Status + why(refund.Why), amount(refund.Amount), refund.Reason})
		}
		fmt.Println()
		table(rows)
	}
}

type updateShipment struct {
	raw
	ID        string  `arg:"" help:"The order's id."`
	Shipment  string  `arg:"" help:"The shipment's id."`
	Carrier   *string `help:"Who carries it." placeholder:"NAME"`
	Tracking  *string `help:"A code or an https address by which it is followed." placeholder:"CODE"`
	Delivered bool    `help:"It has arrived. It cannot be taken back."`
}

// Run is called by kong.
func (c *updateShipment) Run(a *addresses) error {
	s, err := a.session(operator)
	if err != nil {
		return err
	}
	changed, err := s.UpdateShipment(context.Background(), c.ID, c.Shipment, client.ShipmentChange{
		Carrier: c.Carrier, Tracking: c.Tracking, Delivered: c.Delivered,
	})
	return c.show(s, err, func() { printShipment(changed) })
}
