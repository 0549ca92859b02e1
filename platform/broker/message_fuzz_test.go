package broker

import (
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/stretchr/testify/require"
)

// FuzzDecode reads events from anything: what is no event is poison, what is one can be published
// again.
func FuzzDecode(f *testing.F) {
	event := cloudevents.New()
	event.SetID("1")
	event.SetSource("/ordersaga/orders")
	event.SetType("com.ordersaga.orders.order-placed.v1")
	event.SetSubject("o-1")
	event.SetTime(time.Unix(1_700_000_000, 0).UTC())
	event.SetExtension("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	require.NoError(f, event.SetData(cloudevents.ApplicationJSON, map[string]any{"order_id": "o-1"}))
	good, err := encode(event)
	require.NoError(f, err)
	f.Add(good.ContentType, good.Body)
	f.Add("application/json", good.Body)
	f.Add("application/cloudevents+json; charset=utf-8", good.Body)
	for _, body := range []string{
		"", "null", "[]", "{}", `{"specversion":"1.0"}`, `{"specversion":"0.3","id":"1","source":"/x","type":"t"}`,
		`{"specversion":"1.0","id":"1","source":"/x","type":"t"}`, `{"specversion":"1.0","id":"","source":"","type":""}`,
		`{"specversion":"1.0","id":"1","source":"/x","type":"t","data_base64":"!"}`,
		`{"specversion":"1.0","id":"1","source":"/x","type":"t","time":"yesterday"}`,
		`{"specversion":"1.0","id":"1","source":"/x","type":"t","data":{"a":1},"data_base64":"YQ=="}`,
		`{"specversion":"1.0","id":"1","source":"%zz","type":"t","x":null,"UPPER":1}`,
	} {
		f.Add(good.ContentType, []byte(body))
	}
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		event, err := decode(amqp.Delivery{ContentType: contentType, Body: body})
		if err != nil {
			require.True(t, isPoison(err), "%v", err)
			return
		}
		require.NoError(t, event.Validate())
		require.NotEmpty(t, event.ID())
		require.NotEmpty(t, event.Type())
		again, err := encode(event)
		if err != nil {
			require.Error(t, Validate(event), "only what AMQP cannot carry is not published: %v", err)
			return
		}
		_, err = decode(amqp.Delivery{ContentType: again.ContentType, Body: again.Body})
		require.NoError(t, err, "%s", again.Body)
	})
}
