package opensearch

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/ordersaga/ordersaga/platform/each"
	"github.com/ordersaga/ordersaga/platform/search"
)

// answer of _search.
type answer struct {
	Hits struct {
		Total struct {
			Value int64 `json:"value"`
		} `json:"total"`
		Hits []struct {
			ID     string         `json:"_id"`
			Score  float64        `json:"_score"`
			Sort   []any          `json:"sort"`
			Source map[string]raw `json:"_source"`
		} `json:"hits"`
	} `json:"hits"`
	Aggregations map[string]struct {
		Buckets []struct {
			Key      any   `json:"key"`
			DocCount int64 `json:"doc_count"`
		} `json:"buckets"`
	} `json:"aggregations"`
}

type raw = json.RawMessage

// Find implements search.Engine.
func (e *Engine) Find(ctx context.Context, plan search.Plan) (search.Found, error) {
	body, err := bodyOf(plan)
	if err != nil {
		return search.Found{}, err
	}
	var a answer
	if _, err := e.server.ask(ctx, call{method: http.MethodPost, path: "/" + e.name + "/_search", body: body}, &a); err != nil {
		return search.Found{}, err
	}
	found := search.Found{Total: a.Hits.Total.Value, Entries: make([]search.FoundEntry, len(a.Hits.Hits))}
	for i, hit := range a.Hits.Hits {
		entry := search.FoundEntry{ID: hit.ID[min(len(entryID), len(hit.ID)):], Score: hit.Score}
		for j, value := range hit.Sort {
			position := fmt.Sprint(value)
			if j < len(plan.Sort) && plan.Sort[j].Field == "" {
				position = strconv.FormatFloat(hit.Score, 'g', -1, 64) // as every engine writes it
			}
			entry.Position = append(entry.Position, position)
		}
		if err := entry.Restore(hit.Source[storedField]); err != nil {
			return search.Found{}, fmt.Errorf("entry %q of %s: %w", entry.ID, e.name, err)
		}
		found.Entries[i] = entry
	}
	for i, facet := range plan.Facets {
		found.Facets = append(found.Facets, countsOf(facet, a, strconv.Itoa(i)))
	}
	return found, nil
}

func bodyOf(plan search.Plan) (object, error) {
	filters := []object{}
	must := []object{}
	if plan.Match == nil {
		filters = append(filters, object{"term": object{presentField: true}})
	} else {
		must = append(must, queryOf(plan.Match))
	}
	for _, filter := range plan.Filters {
		filters = append(filters, queryOf(filter))
	}
	body := object{
		"query": object{"bool": object{"must": must, "filter": filters}},
		"size":  plan.Limit, "track_total_hits": true, "track_scores": true,
		"_source": []string{storedField},
	}
	order := make([]object, len(plan.Sort))
	for i, key := range plan.Sort {
		direction := "asc"
		if key.Descending {
			direction = "desc"
		}
		field := key.Field
		if field == "" {
			field = "_score"
		}
		order[i] = object{field: object{"order": direction}}
	}
	body["sort"] = order
	if len(plan.After) == len(plan.Sort) {
		after, err := afterOf(plan)
		if err != nil {
			return nil, err
		}
		body["search_after"] = after
	}
	aggregations := object{}
	for i, facet := range plan.Facets {
		aggregations[strconv.Itoa(i)] = aggregationOf(facet)
	}
	if len(aggregations) > 0 {
		body["aggs"] = aggregations
	}
	return body, nil
}

// afterOf has numbers as numbers.
func afterOf(plan search.Plan) ([]any, error) {
	after := make([]any, len(plan.After))
	for i, key := range plan.Sort {
		after[i] = plan.After[i]
		if key.Number || key.Field == "" {
			if _, err := strconv.ParseFloat(plan.After[i], 64); err != nil {
				return nil, fmt.Errorf("%w: the position %q is no number", search.ErrInvalid, plan.After[i])
			}
			after[i] = json.Number(plan.After[i])
		}
	}
	return after, nil
}

func queryOf(node search.Node) object {
	switch node := node.(type) {
	case search.Term:
		return object{"term": object{node.Field: object{"value": node.Value}}}
	case search.Prefix:
		return object{"prefix": object{node.Field: object{"value": node.Value}}}
	case search.Near:
		// Rewritten as one constant: as many clauses as there are terms would be too many.
		return object{"fuzzy": object{node.Field: object{
			"value": node.Value, "fuzziness": node.Edits, "prefix_length": 0, "transpositions": true, "rewrite": "constant_score",
		}}}
	case search.Range:
		bounds := object{}
		if node.Min != nil {
			bounds["gte"] = *node.Min
		}
		if node.Max != nil {
			bounds["lte"] = *node.Max
		}
		return object{"range": object{node.Field: bounds}}
	case search.Any:
		return object{"bool": object{"should": queriesOf(node), "minimum_should_match": 1}}
	case search.All:
		return object{"bool": object{"filter": queriesOf(node)}}
	case search.Scored:
		return object{"constant_score": object{"filter": queryOf(node.Node), "boost": node.Score}}
	case search.Best:
		return object{"dis_max": object{"queries": queriesOf(node), "tie_breaker": 0}}
	case search.Sum:
		sum := object{"bool": object{"should": queriesOf(node.Nodes), "minimum_should_match": node.Least}}
		if len(node.Optional) == 0 {
			return sum
		}
		return object{"bool": object{"must": sum, "should": queriesOf(node.Optional)}}
	default:
		panic(fmt.Sprintf("opensearch: a node of type %T", node))
	}
}

func queriesOf[N search.Node](nodes []N) []object {
	return each.Map(nodes, func(node N) object { return queryOf(node) })
}

func aggregationOf(facet search.Facet) object {
	if len(facet.Bounds) == 0 {
		return object{"terms": object{"field": facet.Field, "size": facet.Size}}
	}
	var ranges []object
	for i, r := range facet.Ranges() {
		bounds := object{"key": strconv.Itoa(i)}
		if r.Min != nil {
			bounds["from"] = *r.Min
		}
		if r.Max != nil {
			bounds["to"] = *r.Max
		}
		ranges = append(ranges, bounds)
	}
	return object{"range": object{"field": facet.Field, "ranges": ranges}}
}

func countsOf(facet search.Facet, a answer, name string) search.Counts {
	counts := search.Counts{Field: facet.Field, Values: []search.Count{}}
	if len(facet.Bounds) == 0 {
		for _, bucket := range a.Aggregations[name].Buckets {
			counts.Values = append(counts.Values, search.Count{Value: fmt.Sprint(bucket.Key), Count: bucket.DocCount})
		}
		return counts
	}
	counts.Values = facet.Ranges()
	for _, bucket := range a.Aggregations[name].Buckets {
		if i, err := strconv.Atoi(fmt.Sprint(bucket.Key)); err == nil && i >= 0 && i < len(counts.Values) {
			counts.Values[i].Count = bucket.DocCount
		}
	}
	return counts
}
