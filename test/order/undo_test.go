package order_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/ordersaga/ordersaga/contracts/programs"
	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	inventoryv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/inventory/v1"
	paymentsv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/payments/v1"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/platform/rpc"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

// A worker, or who has its token, cannot take back the stock or the money of a confirmed order: the
// services ask the order first.
func TestWhatAConfirmedOrderHasIsNotUndone(t *testing.T) {
	s := shop.Open(t, shop.Options{})
	s.Sells("tea", 450, 10)
	dial := func(service string) *grpc.ClientConn {
		connection, err := rpc.Dial(s.GRPC(service), auth.ServiceTokens(t.Context(), testkit.Client(t, programs.Worker)))
		require.NoError(t, err)
		t.Cleanup(func() { connection.Close() })
		return connection
	}
	inventory := inventoryv1.NewInventoryServiceClient(dial(shop.Inventory))
	payments := paymentsv1.NewPaymentsServiceClient(dial(shop.Payments))
	undo := func(orderID string) (release, void error) {
		step := func(name string) *commonv1.Step { return &commonv1.Step{Saga: sagas.Placing(orderID), Name: name} }
		_, release = inventory.Release(t.Context(), &inventoryv1.ReleaseRequest{Step: step("reserve-stock")})
		_, void = payments.Void(t.Context(), &paymentsv1.VoidRequest{Step: step("authorize-payment")})
		return release, void
	}
	placed := s.Customer("anna").Place("confirmed", shop.Of("tea", 3, "card_approve"))
	require.Equal(t, http.StatusCreated, placed.Status, "%s", placed)
	confirmed := placed.Field("id").(string)

	release, void := undo(confirmed)
	for _, err := range []error{release, void} {
		refused, ok := refusal.As(err)
		require.True(t, ok, "%v", err)
		assert.Equal(t, refusals.UndoNotAllowed, refused.Reason)
	}
	assert.EqualValues(t, 3, s.Stock("tea").Reserved)
	assert.Equal(t, "authorized", s.Payment(confirmed).Status)

	declined := s.Customer("anna").Place("rejected", shop.Of("tea", 2, "card_declined"))
	require.Equal(t, http.StatusUnprocessableEntity, declined.Status, "%s", declined)
	release, void = undo(declined.Field("order_id").(string))
	require.NoError(t, release, "its saga turned back: it is undone already, and may be again")
	require.NoError(t, void)

	s.Stop(shop.Orders)
	release, void = undo(confirmed)
	assert.Equal(t, codes.Unavailable, status.Code(release), "%v", release)
	assert.Equal(t, codes.Unavailable, status.Code(void), "%v", void)
	s.Start(shop.Orders)
	assert.EqualValues(t, 3, s.Stock("tea").Reserved)
}
