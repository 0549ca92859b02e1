package campaign_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/ordersaga/ordersaga/client"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/campaign"
)

// shop answers acts: state by order, "taken" at first.
type shop struct {
	mu    sync.Mutex
	state map[string]string
	acts  map[string]int
	acted func() // called after each act, if set
}

func (s *shop) Act(_ context.Context, orderID string, act client.NewAct) (*client.DoneAct, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.acts[orderID]++
	if s.acted != nil {
		s.acted()
	}
	switch state := s.state[orderID]; {
	case state == "gone", state == "stuck elsewhere", state == "changing", state == "stuck anew" && act.ETag != `"5"`:
		return nil, &client.Problem{Status: http.StatusPreconditionFailed}
	case state == "stuck anew":
		return &client.DoneAct{State: "helped"}, nil
	case s.acts[orderID] == 1:
		return &client.DoneAct{State: "pending"}, nil
	case state != "":
		return &client.DoneAct{State: state}, nil
	}
	return &client.DoneAct{State: "helped"}, nil
}

// WhyOrder says that the act is possible on an order in version 5, unless it has gone on.
func (s *shop) WhyOrder(_ context.Context, orderID string) (*client.Why, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	why := &client.Why{Status: "cancelled"}
	if s.state[orderID] == "stuck elsewhere" {
		why.Steps = []client.StuckStep{{Step: "ReleaseStock"}}
	}
	possible := s.state[orderID] != "gone" && s.state[orderID] != "stuck elsewhere"
	why.Version, why.Acts = 5, []client.PossibleAct{{Name: "retry", Allowed: possible}}
	return why, nil
}

func stuck(n int) (orders []client.StuckOrder) {
	for i := range n {
		orders = append(orders, client.StuckOrder{OrderID: fmt.Sprintf("order-%02d", i), Version: 4})
	}
	return orders
}

func run(s *shop, orders int, canary int) campaign.Report {
	s.acts = map[string]int{}
	return campaign.Campaign{
		Client: s, Act: client.NewAct{Key: "k", Act: "retry"}, Canary: canary, Parallel: 4, Rate: 10_000, Patience: time.Minute,
	}.Run(context.Background(), stuck(orders))
}

func TestACampaignActsOnAllOrders(t *testing.T) {
	s := &shop{state: map[string]string{"order-03": "gone", "order-05": "stuck elsewhere", "order-07": "stuck anew"}}
	report := run(s, 20, 1)
	assert.ElementsMatch(t, []campaign.Gone{{OrderID: "order-03", Now: "it is cancelled"}, {OrderID: "order-05", Now: "it is stuck in ReleaseStock"}}, report.Gone)
	report.Gone = nil
	assert.Equal(t, campaign.Report{Total: 20, Helped: 18}, report)
	assert.Equal(t, 2, s.acts["order-07"], "its own saga had changed it, so the act is made on what it is now")
}

func TestAFixThatDoesNotHelpStopsAtTheCanary(t *testing.T) {
	s := &shop{state: map[string]string{"order-00": "in_vain"}}
	report := run(s, 20, 1)
	assert.Len(t, report.Failed, 1)
	assert.Zero(t, report.Helped)
	assert.Len(t, s.acts, 1, "no other order was touched")
}

func TestACampaignStopsAtTheFirstFailure(t *testing.T) {
	s := &shop{state: map[string]string{"order-05": "in_vain"}}
	report := run(s, 500, 2)
	assert.Len(t, report.Failed, 1)
	assert.Equal(t, "order-05", report.Failed[0].OrderID)
	assert.Less(t, len(s.acts), 400)
	assert.Equal(t, len(s.acts), report.Done(), "what was begun is reported")
}

// Its act was never made, so it must not count as one that needs none.
func TestAnOrderThatChangesAgainAndAgainStopsACampaign(t *testing.T) {
	s := &shop{state: map[string]string{"order-00": "changing"}}
	report := run(s, 20, 1)
	assert.Len(t, report.Failed, 1)
	assert.ErrorContains(t, report.Failed[0].Err, "it changed each time before the act")
	assert.Len(t, s.acts, 1, "no other order was touched")
}

func TestAnInterruptedCampaignBlamesNoOrder(t *testing.T) {
	interrupted, interrupt := context.WithCancel(t.Context())
	s := &shop{state: map[string]string{"order-00": "taken"}, acts: map[string]int{}, acted: interrupt}
	report := campaign.Campaign{
		Client: s, Act: client.NewAct{Key: "k", Act: "retry"}, Canary: 1, Parallel: 1, Rate: 10_000, Patience: time.Minute,
	}.Run(interrupted, stuck(20))
	assert.Equal(t, campaign.Report{Total: 20, Open: 1}, report, "it was acted on, and its saga has not said what came of it")
}
