package readmodel

import (
	"context"
	"net/http"
	"time"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/rest"
)

// Rebuild is the newest making of a read model.
type Rebuild struct {
	Generation int64     `json:"generation" doc:"Later ones have greater numbers; the first is 1."`
	State      State     `json:"state" enum:"building,live" doc:"building: it is filled beside the one that is read. live: it is the one that is read."`
	Done       int64     `json:"done" doc:"Events that are in it."`
	Total      int64     `json:"total" doc:"Events that are recorded."`
	BeganAt    time.Time `json:"began_at"`
}

// Progress answers how many of the events are in a generation.
type Progress func(ctx context.Context, g Generation) (done, total int64, err error)

// Route serves POST and GET /v1/rebuilds/{model}, for operators.
func Route(api *rest.API, m *Model, progress Progress) {
	look := func(ctx context.Context, _ struct{}) (Rebuild, error) { return m.newest(ctx, progress) }
	begin := cqrs.Command("rebuild_"+m.Name, func(ctx context.Context, _ struct{}) (Rebuild, error) {
		if err := m.Begin(ctx); err != nil {
			return Rebuild{}, err
		}
		return look(ctx, struct{}{})
	})
	get := cqrs.Query("get_rebuild_of_"+m.Name, look)
	path := "/v1/rebuilds/" + m.Name
	rest.Serve(api, rest.Op{
		Method: http.MethodPost, Path: path, ID: "rebuild-" + m.Name, Tags: []string{"audit"},
		Summary:     "Rebuild the lists of " + m.Name,
		Description: "Makes the documents anew beside those that are read, from the first event on, and replaces them when it has come as far. Lists are served meanwhile. While a rebuild is under way this changes nothing and answers how far it is.",
		Scope:       auth.ScopeOperator, Status: http.StatusAccepted,
	}, begin.Handle)
	rest.Serve(api, rest.Op{
		Method: http.MethodGet, Path: path, ID: "get-" + m.Name + "-rebuild", Tags: []string{"audit"},
		Summary:     "How far the rebuild of the lists of " + m.Name + " is",
		Description: "Answers about the newest documents, also when they are live already.",
		Scope:       auth.ScopeOperator,
	}, get.Handle)
}

func (m *Model) newest(ctx context.Context, progress Progress) (Rebuild, error) {
	generations, err := m.generations(ctx)
	if err != nil {
		return Rebuild{}, err
	}
	if len(generations) == 0 {
		return Rebuild{}, rest.NewProblem(http.StatusNotFound, "not-found", "There are no lists yet.")
	}
	newest := generations[len(generations)-1]
	done, total, err := progress(ctx, newest)
	if err != nil {
		return Rebuild{}, err
	}
	return Rebuild{
		Generation: newest.Number, State: newest.State, Done: min(done, total), Total: total, BeganAt: newest.BeganAt.UTC(),
	}, nil
}
