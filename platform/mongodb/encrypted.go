package mongodb

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/ordersaga/ordersaga/platform/doctor"
)

// encrypted fails for a connection to another machine without TLS.
func encrypted(uri string) error {
	const set = "must have tls=true"
	if rest, srv := strings.CutPrefix(uri, "mongodb+srv://"); srv {
		// TLS unless switched off. The driver would resolve the name to parse the URI.
		_, query, _ := strings.Cut(rest, "?")
		for name, values := range parameters(query) {
			if (strings.EqualFold(name, "tls") || strings.EqualFold(name, "ssl")) && values[0] != "true" {
				return errors.New(set)
			}
		}
		return nil
	}
	parsed := options.Client().ApplyURI(uri)
	if err := parsed.Validate(); err != nil {
		return errors.New("is no MongoDB URI") // the error may quote the password
	}
	if parsed.TLSConfig != nil {
		return nil
	}
	for _, host := range parsed.Hosts {
		if !doctor.Local(host) && !strings.HasSuffix(host, ".sock") {
			return fmt.Errorf("%s: %s is not this machine", set, host)
		}
	}
	return nil
}

func parameters(query string) url.Values {
	values, _ := url.ParseQuery(query) // invalid parameters are left out
	return values
}
