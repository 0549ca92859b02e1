package search

import (
	"context"
	"net/http"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/rest"
)

// SearchRebuild is the newest making of a search index.
type SearchRebuild struct {
	Generation int64  `json:"generation" doc:"Later ones have greater numbers; the first is 1."`
	State      string `json:"state" enum:"building,live" doc:"building: it is filled beside the one that is searched. live: it is the one that is searched."`
	Done       int64  `json:"done" doc:"Changes that are in it."`
	Total      int64  `json:"total" doc:"Changes that are recorded."`
}

// RebuildRoutes serves POST and GET /v1/rebuilds/search, for operators.
func RebuildRoutes(api *rest.API, feed *Feed) {
	name := feed.index.schema.Name
	begin := cqrs.Command("rebuild_"+name+"_search", func(ctx context.Context, _ struct{}) (SearchRebuild, error) {
		p, err := feed.Rebuild(ctx)
		return p.newest(), err
	})
	look := cqrs.Query("get_rebuild_of_"+name+"_search", func(ctx context.Context, _ struct{}) (SearchRebuild, error) {
		p, err := feed.Progress(ctx)
		return p.newest(), err
	})
	const path = "/v1/rebuilds/search"
	rest.Serve(api, rest.Op{
		Method: http.MethodPost, Path: path, ID: "rebuild-" + name + "-search", Tags: []string{"audit"},
		Summary:     "Rebuild the search of " + name,
		Description: "Makes the index anew beside the one that is searched, from the first change on, and replaces it at once when it has come as far. While a rebuild is under way this changes nothing and answers how far it is. An index in the process is that of the instance that is asked.",
		Scope:       auth.ScopeOperator, Status: http.StatusAccepted,
	}, begin.Handle)
	rest.Serve(api, rest.Op{
		Method: http.MethodGet, Path: path, ID: "get-" + name + "-search-rebuild", Tags: []string{"audit"},
		Summary:     "How far the rebuild of the search of " + name + " is",
		Description: "Answers about the newest index, also when it is live already.",
		Scope:       auth.ScopeOperator,
	}, look.Handle)
}

// newest is the generation that is built, or else the live one.
func (p Progress) newest() SearchRebuild {
	if p.Building != "" {
		return SearchRebuild{Generation: int64(numberOf(p.Building)), State: "building", Done: min(p.BuildingPosition, p.Head), Total: p.Head}
	}
	return SearchRebuild{Generation: int64(numberOf(p.Live)), State: "live", Done: min(p.Position, p.Head), Total: p.Head}
}
