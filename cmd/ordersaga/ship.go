package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/ordersaga/ordersaga/client"
)

type shipOrder struct {
	request
	units
	Carrier  string `help:"Who carries it." placeholder:"NAME"`
	Tracking string `help:"A code or an https address by which it is followed." placeholder:"CODE"`
}

func (c *shipOrder) Run(s operatorSession) error {
	wanted, err := c.units.read()
	if err != nil {
		return err
	}
	ctx := context.Background()
	return c.send(s.session, func() (effect, etag string, err error) {
		preview, err := s.PreviewShipment(ctx, c.ID, wanted)
		if err != nil {
			return "", "", err
		}
		return preview.Effect, preview.ETag, nil
	}, func(etag string) (outcome, error) {
		done, err := s.ShipOrder(ctx, c.ID, client.NewShipment{
			Key: c.Key, ETag: etag, Wait: patience(c.Wait), Lines: wanted, Carrier: c.Carrier, Tracking: c.Tracking, Note: c.Note,
		})
		if err != nil {
			return outcome{}, err
		}
		return outcome{doneAt: done.DoneAt, code: refusal(done.Why), text: shipmentText(done)}, nil
	})
}

func shipmentText(shipment *client.Shipment) string {
	captured := ""
	if shipment.Why == nil {
		captured = ", " + amount(shipment.Captured) + " captured"
	}
	return fmt.Sprintf("Shipment %s: %s%s%s", shipment.ID, strings.ReplaceAll(shipment.Status, "_", " "), captured, why(shipment.Why))
}

// refusal is the exit code for a request that was refused, if it was.
func refusal(why *client.Reason) int {
	if why != nil {
		return exitNo
	}
	return 0
}

func why(reason *client.Reason) string {
	if reason == nil {
		return ""
	}
	return ": " + strings.TrimRight(reason.Code+": "+reason.Message, ".: ")
}

// printShipments shows the shipments and refunds of an order.
func printShipments(o *client.Order) {
	sectionOf([]string{"SHIPMENT", "STATUS", "AMOUNT", "CAPTURED", "CARRIER", "TRACKING"}, o.Shipments, func(s client.Shipment) []string {
		return []string{s.ID, s.Status + why(s.Why), amount(s.Amount), amount(s.Captured), s.Carrier, s.Tracking}
	})
	sectionOf([]string{"REFUND", "STATUS", "AMOUNT", "REASON"}, o.Refunds, func(r client.Refund) []string {
		return []string{r.ID, r.Status + why(r.Why), amount(r.Amount), r.Reason}
	})
}

type updateShipment struct {
	ofOrder
	Shipment  string  `arg:"" help:"The shipment's id."`
	Carrier   *string `help:"Who carries it." placeholder:"NAME"`
	Tracking  *string `help:"A code or an https address by which it is followed." placeholder:"CODE"`
	Delivered bool    `help:"It has arrived. It cannot be taken back."`
}

func (c *updateShipment) Run(s operatorSession) error {
	changed, err := s.UpdateShipment(context.Background(), c.ID, c.Shipment, client.ShipmentChange{
		Carrier: c.Carrier, Tracking: c.Tracking, Delivered: c.Delivered,
	})
	return s.show(c.JSON, err, func() { fmt.Println(shipmentText(changed)) })
}
