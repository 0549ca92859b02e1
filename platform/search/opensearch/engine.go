// Package opensearch keeps a search index on an OpenSearch or Elasticsearch server. It uses what both
// have: index templates, aliases, _bulk with external versions, _search. It does not ask which of
// the two it is.
//
// Each generation is an index of its own, and an alias, by the index's name, is the live one. A
// generation's checkpoint is a document of it, written after the documents that it tells of: after a
// crash these are written again.
package opensearch

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"

	"github.com/ordersaga/ordersaga/platform/search"
)

// Engine keeps the generations of an index.
type Engine struct {
	server *server
	// name is that of the alias; generations are called name-r1-1 and so on.
	name   string
	layout search.Layout
	ours   *regexp.Regexp
}

// New is the index of a name on the server of a URL, which may hold a user and a password. The
// server is not asked yet.
func New(serverURL, name string, layout search.Layout) (*Engine, error) {
	server, err := connect(serverURL)
	if err != nil {
		return nil, err
	}
	return &Engine{
		server: server, name: name, layout: layout,
		ours: regexp.MustCompile("^" + regexp.QuoteMeta(name) + `-(r[0-9]+-[0-9]+)$`),
	}, nil
}

func (e *Engine) index(generation string) string { return e.name + "-" + generation }

// Live implements search.Engine.
func (e *Engine) Live(ctx context.Context) (string, error) {
	var aliases map[string]any
	found, err := e.server.ask(ctx, call{method: http.MethodGet, path: "/_alias/" + e.name}, &aliases)
	if err != nil || !found {
		return "", err
	}
	for index := range aliases {
		if match := e.ours.FindStringSubmatch(index); match != nil {
			return match[1], nil
		}
	}
	return "", fmt.Errorf("the alias %s is of %d indexes, none of them a generation: remove it", e.name, len(aliases))
}

// Generations implements search.Engine.
func (e *Engine) Generations(ctx context.Context) ([]string, error) {
	var indexes map[string]any
	if _, err := e.server.ask(ctx, call{method: http.MethodGet, path: "/" + e.name + "-r*/_alias"}, &indexes); err != nil {
		return nil, err
	}
	var names []string
	for index := range indexes {
		if match := e.ours.FindStringSubmatch(index); match != nil {
			names = append(names, match[1])
		}
	}
	slices.Sort(names)
	return names, nil
}

// Create implements search.Engine. The template is written each time: it has the layout of this
// version of the program.
func (e *Engine) Create(ctx context.Context, generation string) error {
	there, err := e.server.ask(ctx, call{method: http.MethodHead, path: "/" + e.index(generation)}, nil)
	if err != nil || there {
		return err
	}
	_, err = e.server.ask(ctx, call{method: http.MethodPut, path: "/_index_template/" + e.name, body: e.template()}, nil)
	if err != nil {
		return err
	}
	_, err = e.server.ask(ctx, call{method: http.MethodPut, path: "/" + e.index(generation), exists: true}, nil)
	return err
}

// template describes the indexes of all generations.
func (e *Engine) template() any {
	properties := object{
		presentField:    object{"type": "boolean"},
		storedField:     object{"type": "object", "enabled": false},
		checkpointField: object{"type": "long", "index": false},
	}
	for _, field := range e.layout.Terms {
		properties[field] = object{"type": "text", "analyzer": "whitespace", "norms": false, "index_options": "docs"}
	}
	for _, field := range e.layout.Keywords {
		properties[field] = object{"type": "keyword"}
	}
	for _, field := range e.layout.Numbers {
		properties[field] = object{"type": "long"}
	}
	return object{
		"index_patterns": []string{e.name + "-r*"},
		"template": object{
			"settings": object{"index": object{"number_of_shards": 1, "auto_expand_replicas": "0-1"}},
			"mappings": object{"dynamic": false, "properties": properties},
		},
	}
}

// Switch implements search.Engine: one request takes the alias from one index to the other.
func (e *Engine) Switch(ctx context.Context, generation string) error {
	live, err := e.Live(ctx)
	if err != nil {
		return err
	}
	actions := []object{{"add": object{"index": e.index(generation), "alias": e.name}}}
	if live != "" && live != generation {
		actions = append(actions, object{"remove": object{"index": e.index(live), "alias": e.name}})
	}
	_, err = e.server.ask(ctx, call{method: http.MethodPost, path: "/_aliases", body: object{"actions": actions}, must: true}, nil)
	return err
}

// Drop implements search.Engine.
func (e *Engine) Drop(ctx context.Context, generation string) error {
	live, err := e.Live(ctx)
	if err != nil || live == generation {
		return err
	}
	_, err = e.server.ask(ctx, call{method: http.MethodDelete, path: "/" + e.index(generation)}, nil)
	return err
}

// Close lets go of the connections.
func (e *Engine) Close() error { return e.server.client.Close() }

// Checkpoint implements search.Engine.
func (e *Engine) Checkpoint(ctx context.Context, generation string) (int64, error) {
	var document struct {
		Source struct {
			Checkpoint int64 `json:"_checkpoint"`
		} `json:"_source"`
	}
	// A generation that is missing is an error, a checkpoint that is missing is 0.
	path := "/" + e.index(generation) + "/_doc/" + url.PathEscape(checkpointID)
	_, err := e.server.ask(ctx, call{method: http.MethodGet, path: path, mustIndex: true}, &document)
	return document.Source.Checkpoint, err
}
