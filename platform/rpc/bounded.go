package rpc

import (
	"encoding/base64"
	"log/slog"

	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/ordersaga/ordersaga/platform/text"
)

const (
	// messageMax bounds the text of a status, in characters, shortMax where there are details as
	// well that leave no room for more.
	messageMax, shortMax = 1000, 100
	// detailsMax bounds the details of a refusal, in bytes. They fit beside a text of shortMax.
	detailsMax = 5000
	// trailersMax bounds what a status takes of the trailers, in bytes: proxies pass 8 KiB in all.
	trailersMax = 7900
)

// bounded is a status that fits into the trailers, with a message of one clean line. Details that
// do not fit are left out, which is a mistake of whoever made them.
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

// trailers is what a status takes of them: its message, in which gRPC writes a byte that is not
// printable ASCII as three, and all of it in base64.
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
