package rpc

import (
	"encoding/base64"
	"log/slog"

	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/ordersaga/ordersaga/platform/text"
)

const (
	// messageMax bounds the text of a status, in characters; shortMax when large details leave less
	// room.
	messageMax, shortMax = 1000, 100
	// detailsMax bounds the details of a refusal, in bytes. They fit together with a text of
	// shortMax.
	detailsMax = 5000
	// trailersMax bounds a status in the trailers, in bytes: proxies pass 8 KiB in all.
	trailersMax = 7900
)

// bounded returns a status that fits into the trailers, with a message of one clean line. Details
// that do not fit are dropped and logged as an error.
func bounded(err error) error {
	s := status.Convert(err).Proto()
	s.Message = text.Line(s.GetMessage(), messageMax)
	if trailers(s) > trailersMax {
		s.Message = text.Line(s.GetMessage(), shortMax)
	}
	if trailers(s) > trailersMax {
		slog.Error("the details of a status are too large and are left out", "message", s.GetMessage(), "bytes", proto.Size(s))
		s.Details = nil
	}
	return status.FromProto(s).Err()
}

// trailers returns the size of a status in the trailers: its message, in which a byte that is not
// printable ASCII takes three, and the whole status in base64.
func trailers(s interface {
	proto.Message
	GetMessage() string
},
) int {
	size := base64.RawStdEncoding.EncodedLen(proto.Size(s))
	for _, b := range []byte(s.GetMessage()) {
		size++
		if b < ' ' || b > '~' || b == '%' {
			size += 2
		}
	}
	return size
}
