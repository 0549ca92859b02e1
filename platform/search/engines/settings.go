// Package engines opens the search engine that a program's settings ask for.
package engines

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"net/url"
	"path/filepath"
	"regexp"

	"github.com/ordersaga/ordersaga/platform/config"
	"github.com/ordersaga/ordersaga/platform/doctor"
	"github.com/ordersaga/ordersaga/platform/follow"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/search"
	"github.com/ordersaga/ordersaga/platform/search/bleveindex"
	"github.com/ordersaga/ordersaga/platform/search/opensearch"
)

// Settings say where the index is.
type Settings struct {
	URL    config.Secret `env:"SEARCH_URL" desc:"an OpenSearch or Elasticsearch server like https://user:password@host:9200, whose index all instances share; without it each has its own, in its process"`
	Dir    string        `env:"SEARCH_DIR" desc:"the folder of an index in the process, which one process uses at a time; without it the index is in memory and built at each start"`
	Prefix string        `env:"SEARCH_PREFIX" envDefault:"ordersaga-" desc:"what the names of the indexes begin with on a SEARCH_URL, in small letters"`
}

var prefixes = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)

// Validate checks what the types of the fields do not.
func (s Settings) Validate() error {
	var problems []error
	if s.URL != "" {
		u, err := url.Parse(s.URL.Reveal())
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			problems = append(problems, errors.New("SEARCH_URL must be a URL like https://user:password@host:9200"))
		}
		if s.Dir != "" {
			problems = append(problems, errors.New("SEARCH_DIR is the folder of an index in the process: with SEARCH_URL there is none"))
		}
	}
	if s.Prefix != "" && !prefixes.MatchString(s.Prefix) {
		problems = append(problems, fmt.Errorf("SEARCH_PREFIX must have 1 to 64 small letters, digits and dashes, not %q", s.Prefix))
	}
	return errors.Join(problems...)
}

// Open opens the index of a schema. What Close of the engine does is nothing for a server.
func (s Settings) Open(schema search.Schema) (search.Engine, error) {
	if s.URL != "" {
		return opensearch.New(s.URL.Reveal(), s.Prefix+schema.Name, schema.Layout())
	}
	folder := s.Dir
	if folder != "" {
		folder = filepath.Join(folder, schema.Name)
	}
	return bleveindex.Open(folder, schema.Layout())
}

// Alone is how one process at a time feeds a shared index: it holds a lock of the database.
func (s Settings) Alone(db *postgres.DB, schema search.Schema) follow.Alone {
	if s.URL == "" {
		return follow.Undisturbed
	}
	hash := fnv.New64a()
	hash.Write([]byte("search/" + s.Prefix + schema.Name))
	return func(ctx context.Context, feed func(until, working context.Context) error) error {
		return db.Alone(ctx, int64(hash.Sum64()), feed)
	}
}

// Checks are what must be true for the server to be of use; none without one.
func (s Settings) Checks() []doctor.Check {
	if s.URL == "" {
		return nil
	}
	return []doctor.Check{opensearch.Check(s.URL.Reveal())}
}
