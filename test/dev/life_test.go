// Package dev walks through the life of `ordersaga dev` on the real thing: real engines, the real
// programs, real signals. It needs the programs of `make build`, in the folder that ORDERSAGA_BIN
// names.
package dev

import (
	"fmt"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/contracts/programs"
	"github.com/ordersaga/ordersaga/platform/testkit"
)

// One story in its order, because each start takes seconds: a newcomer's first start, a crash, a
// second instance, a power cut, and the end of the day.
func TestTheLifeOfADevelopmentStack(t *testing.T) {
	home := folder(t)
	first := start(t, home, "first", "--follow", "orders")
	var orderID string

	t.Run("the printed examples answer as printed", func(t *testing.T) {
		examples := first.examples(t)
		require.Len(t, examples, 5)

		placed := examples[0].send(t)
		require.Equal(t, http.StatusCreated, placed.status, placed.body)
		orderID = placed.member(t, "id")
		assert.Equal(t, "/v1/orders/"+orderID, placed.header.Get("Location"))
		assert.Equal(t, "confirmed", placed.member(t, "status"))
		assert.Empty(t, placed.header.Get("Idempotent-Replayed"))

		again := examples[1].send(t)
		assert.Equal(t, http.StatusCreated, again.status)
		assert.Equal(t, "true", again.header.Get("Idempotent-Replayed"))
		assert.Equal(t, placed.body, again.body, "the same order")

		other := examples[2].send(t)
		assert.Equal(t, http.StatusUnprocessableEntity, other.status)
		assert.Equal(t, "https://ordersaga.dev/problems/request-mismatch", other.member(t, "type"))

		declined := examples[3].send(t)
		assert.Equal(t, http.StatusUnprocessableEntity, declined.status)
		assert.Equal(t, "https://ordersaga.dev/problems/payment-declined", declined.member(t, "type"))
		assert.Equal(t, "card_declined", declined.member(t, "decline_code"))

		tooMany := examples[4].send(t)
		assert.Equal(t, http.StatusUnprocessableEntity, tooMany.status)
		assert.Equal(t, "https://ordersaga.dev/problems/out-of-stock", tooMany.member(t, "type"))
		assert.Contains(t, tooMany.body, `"shortages":[{"available":3,"requested":5,"sku":"PEN-URUSHI"}]`)

		first.says(t, "orders    | ") // --follow
	})

	t.Run("the commands show what happened", func(t *testing.T) {
		assert.Contains(t, first.command(t, "order", "get", orderID), "confirmed")
		assert.Contains(t, first.command(t, "order", "timeline", orderID), "OrderConfirmed")
		// Two were ordered; what the declined order held is free again.
		assert.Regexp(t, `TEA-SENCHA-100 +1000 +2 +998`, first.command(t, "stock", "get", "TEA-SENCHA-100"))
		testkit.Eventually(t, "the order in the list", func() bool {
			list := first.command(t, "order", "list")
			return strings.Contains(list, orderID) && strings.Contains(list, "out_of_stock")
		})
		testkit.Eventually(t, "the demo catalog with its stock in the list", func() bool {
			return strings.Contains(first.command(t, "product", "list"), "£780.00  3")
		})
		refused := first.refused(t, "order", "place", "--line", "PEN-URUSHI=4", "--wait", "50s")
		assert.Contains(t, refused, "Out of stock (422 out-of-stock)")
		assert.Contains(t, refused, "PEN-URUSHI: 4 wanted, 3 left")
	})

	t.Run("a crashed process is started again and said", func(t *testing.T) {
		before := first.pid("orders")
		require.NotZero(t, before)
		assert.Contains(t, first.command(t, "kill", "orders"), fmt.Sprintf("orders (process %d) is killed", before))
		first.says(t, "orders was ended by signal SIGKILL")
		first.says(t, "it is started again in 200ms")
		testkit.Eventually(t, "the orders service to answer again", func() bool {
			return strings.Contains(first.try("order", "get", orderID), "confirmed")
		})
		testkit.Eventually(t, "the note of its process", func() bool { now := first.pid("orders"); return now != 0 && now != before })
	})

	t.Run("one program of this instance is stopped, stays down, and is started again", func(t *testing.T) {
		tried := 0
		said := first.command(t, "stop", "inventory")
		assert.Contains(t, said, "inventory is stopped. Start it again with:")
		assert.Contains(t, said, "ordersaga start inventory --dir "+first.dir)
		first.says(t, "inventory is stopped until `ordersaga start inventory`")
		assert.Contains(t, first.try("stock", "get", "TEA-SENCHA-100"), "no answer from")

		// Inventory may take longer to start than the half minute that an order waits for it.
		testkit.Eventually(t, "an order that waited to be confirmed", func() bool {
			tried++
			return first.waits(t, fmt.Sprint("waits-", tried))
		})
		assert.Contains(t, first.command(t, "start", "inventory"), "was not stopped")

		var exit *exec.ExitError
		killed := first.command(t, "kill", "rabbitmq")
		assert.Contains(t, killed, "it will be started again")
		first.says(t, "died (")
		wrong, err := first.run(t, "stop", "everything")
		require.ErrorAs(t, err, &exit, wrong)
		assert.Equal(t, 2, exit.ExitCode())
		assert.Contains(t, wrong, "they are "+strings.Join(programs.Names(programs.Any), ", "))
	})

	t.Run("the same folder twice is refused in one line", func(t *testing.T) {
		said := first.refusedStart(t, home, "first", "20000")
		assert.Contains(t, said, "another `ordersaga dev` (process ")
		assert.Len(t, strings.Split(strings.TrimSpace(said), "\n"), 1, said)
	})

	t.Run("taken ports are a line each", func(t *testing.T) {
		said := first.refusedStart(t, home, "third", first.offset)
		assert.Contains(t, said, "is in use by another program and needed by orders: choose another with --port orders=NUMBER")
		assert.Contains(t, said, "is in use by another program and needed by PostgreSQL: choose another with --port postgres=NUMBER")
	})

	t.Run("a second instance runs beside the first", func(t *testing.T) {
		t.Setenv("RATE_LIMIT_PER_SECOND", "0") // for the benchmark
		second := start(t, home, "second")
		assert.NotContains(t, second.command(t, "order", "list"), orderID, "it has a shop of its own")
		placed := second.examples(t)[0].send(t)
		assert.Equal(t, http.StatusCreated, placed.status, placed.body)
		measured := second.command(t, "bench", "--parts", "reads,recovery,growth", "--growth", "600", "--for", "300ms", "--rounds", "1")
		for _, work := range []string{
			"order by id", "page of orders", "product search", "product by id", "worker killed: until all in flight are settled",
			"page of one shopper, 300 stored", "page of one shopper, 600 stored", "page of products, 600 stored", "order, 600 stored",
		} {
			assert.Regexp(t, `(?m)^`+work+` .* [0-9.]+ ms`, measured)
		}
		assert.Contains(t, measured, "from 300 to 600 orders")
		second.stop(t)
		assert.Contains(t, first.command(t, "order", "get", orderID), "confirmed", "the first has not noticed")
	})

	first.cut(t)
	first = start(t, home, "first")

	t.Run("after a power cut everything is there", func(t *testing.T) {
		assert.Contains(t, first.command(t, "order", "get", orderID), "confirmed")
		again := first.examples(t)[0].send(t)
		assert.Equal(t, "true", again.header.Get("Idempotent-Replayed"), "the same curl, also after a restart, is the same order")
		assert.Equal(t, orderID, again.member(t, "id"))
	})

	t.Run("at the end nothing is left", func(t *testing.T) {
		first.stop(t)
	})
}

// waits has an order placed while inventory is stopped, starts inventory, and tells whether the order
// was confirmed; otherwise inventory was too late, and is stopped again.
func (s *stack) waits(t *testing.T, key string) (confirmed bool) {
	t.Helper()
	out, err := s.run(t, "order", "place", "--line", "NOTE-A5-DOT=1", "--wait", "0s", "--key", key)
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit, out)
	assert.Equal(t, 4, exit.ExitCode(), "the order is on its way")
	again := regexp.MustCompile(`Ask again with:\n  (.+)`).FindStringSubmatch(out)
	require.NotNil(t, again, out)

	assert.Contains(t, s.command(t, "start", "inventory"), "inventory is ready (")
	late := false
	testkit.Eventually(t, "the order to be settled", func() bool {
		shown, _ := exec.Command("sh", "-c", again[1]).CombinedOutput()
		confirmed, late = strings.Contains(string(shown), "confirmed"), strings.Contains(string(shown), "step_timed_out")
		return confirmed || late
	})
	if !confirmed {
		s.command(t, "stop", "inventory")
	}
	return confirmed
}
