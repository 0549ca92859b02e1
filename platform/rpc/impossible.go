package rpc

import (
	"errors"
	"fmt"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

var errNUL = errors.New("must not contain NUL")

// impossible finds values that no rule of protovalidate forbids and no service can use: invalid
// times and durations, which Go's conversions change silently, and NUL, which PostgreSQL cannot
// store.
func impossible(message protoreflect.Message, path string) (found []*errdetails.BadRequest_FieldViolation) {
	message.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		name := strings.TrimPrefix(path+"."+string(field.Name()), ".")
		switch {
		case field.IsMap():
			value.Map().Range(func(key protoreflect.MapKey, value protoreflect.Value) bool {
				found = append(found, impossibleValue(field.MapValue(), value, fmt.Sprintf("%s[%q]", name, key.String()))...)
				return true
			})
		case field.IsList():
			for i := range value.List().Len() {
				found = append(found, impossibleValue(field, value.List().Get(i), fmt.Sprintf("%s[%d]", name, i))...)
			}
		default:
			found = append(found, impossibleValue(field, value, name)...)
		}
		return true
	})
	return found
}

func impossibleValue(field protoreflect.FieldDescriptor, value protoreflect.Value, path string) []*errdetails.BadRequest_FieldViolation {
	var problem error
	switch field.Kind() {
	case protoreflect.StringKind:
		if strings.Contains(value.String(), "\x00") {
			problem = errNUL
		}
	case protoreflect.MessageKind:
		switch known := value.Message().Interface().(type) {
		case *timestamppb.Timestamp:
			problem = known.CheckValid()
		case *durationpb.Duration:
			problem = known.CheckValid()
		default:
			return impossible(value.Message(), path)
		}
	}
	if problem == nil {
		return nil
	}
	return []*errdetails.BadRequest_FieldViolation{{Field: path, Description: problem.Error()}}
}
