package races_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/ordersaga/ordersaga/contracts/programs"
	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	inventoryv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/inventory/v1"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/platform/rpc"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

// TestAHoldIsAllocatedOrExpiresNeverBoth lets orders allocate around the instant at which their
// hold runs out, while the sweep takes back what ran out. On a slow machine all come too late: then
// holds that last longer are tried.
func TestAHoldIsAllocatedOrExpiresNeverBoth(t *testing.T) {
	const longest = time.Minute
	s := shop.Open(t, shop.Options{
		Without: []string{shop.Orders, shop.Worker, shop.Payments, shop.Paysim, shop.Catalog},
		Env:     map[string][]string{shop.Inventory: {"HOLD_SWEEP_INTERVAL=100ms"}},
	})
	inventory := dialInventory(t, s)
	hold := time.Second
	for !allocatesAround(t, s, inventory, fmt.Sprint("tea-", hold), hold) {
		hold *= 2
		require.Less(t, hold, longest, "some were in time, and some were late")
	}
}

// allocatesAround holds units of a SKU for a time and allocates them around its end. It tells whether
// some were in time and some were late.
func allocatesAround(t *testing.T, s *shop.Shop, inventory inventoryv1.InventoryServiceClient, sku string, hold time.Duration) bool {
	t.Helper()
	const orders, quantity = 150, 2
	delivery := s.Operator().Post(shop.Inventory, "/v1/stock/receipts",
		map[string]any{"lines": []shop.Line{{SKU: sku, Quantity: orders * quantity}}}, "Idempotency-Key", "delivery-of-"+sku)
	require.Equal(t, 201, delivery.Status, "%s", delivery)

	allocated := make([]bool, orders)
	ids := make([]string, orders)
	var all sync.WaitGroup
	slots := make(chan struct{}, 16) // all at once would wait for one another longer than a hold lasts
	for i := range orders {
		ids[i] = uuid.NewString()
		slots <- struct{}{}
		all.Go(func() {
			held, err := inventory.Reserve(t.Context(), &inventoryv1.ReserveRequest{
				Step: step(ids[i], "reserve-stock"), HoldFor: durationpb.New(hold),
				Lines: []*commonv1.Line{{Number: 1, Sku: sku, Quantity: quantity}},
			})
			<-slots
			if !assert.NoError(t, err) {
				return
			}
			// From well before the end of the hold until well after it, most of them right around
			// it: time is what is tested, so it is waited for.
			offset := time.Duration(i-orders/2) * hold / 250
			<-time.After(time.Until(held.GetFacts()[0].GetStockReserved().GetExpiresAt().AsTime().Add(offset)))
			allocated[i] = allocate(t, inventory, ids[i])
		})
	}
	all.Wait()

	won := int64(0)
	for i, id := range ids {
		if allocated[i] {
			won += quantity
		}
		assert.Equal(t, allocated[i], allocate(t, inventory, id), "order %s is told the same again", id)
	}
	testkit.Eventually(t, "the sweep to take back what ran out", func() bool { return s.Stock(sku).Reserved <= won })
	assert.Equal(t, shop.Stock{OnHand: orders * quantity, Reserved: won, Available: orders*quantity - won}, s.Stock(sku))

	kinds := map[string][]string{}
	for _, movement := range journal(t, s, sku) {
		kinds[movement.Reference] = append(kinds[movement.Reference], movement.Kind)
	}
	for i, id := range ids {
		want := []string{"reserve", "expire"}
		if allocated[i] {
			want = []string{"reserve", "allocate"}
		}
		assert.Equal(t, want, kinds[id], "order %s", id)
	}
	return won > 0 && won < orders*quantity
}

func step(orderID, name string) *commonv1.Step {
	return sagas.Step(sagas.Placing(orderID), name)
}

// allocate tells whether an order's hold became an allocation.
func allocate(t *testing.T, inventory inventoryv1.InventoryServiceClient, orderID string) bool {
	_, err := inventory.Allocate(t.Context(), &inventoryv1.AllocateRequest{Step: step(orderID, "allocate-stock")})
	if err == nil {
		return true
	}
	var refused *refusal.Refusal
	if assert.ErrorAs(t, err, &refused) {
		assert.Equal(t, refusals.HoldExpired, refused.Reason)
	}
	return false
}

func dialInventory(t *testing.T, s *shop.Shop) inventoryv1.InventoryServiceClient {
	t.Helper()
	connection, err := rpc.Dial(s.GRPC(shop.Inventory), auth.ServiceTokens(t.Context(), testkit.Client(t, programs.Worker)))
	require.NoError(t, err)
	t.Cleanup(func() { connection.Close() })
	return inventoryv1.NewInventoryServiceClient(connection)
}
