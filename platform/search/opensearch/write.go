package opensearch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/ordersaga/ordersaga/platform/search"
	"github.com/ordersaga/ordersaga/platform/unavailable"
)

// Fields of ours, and how documents are identified.
const (
	storedField     = "_stored_entry"
	presentField    = "_present_entry"
	checkpointField = "_checkpoint"

	checkpointID = "checkpoint"
	entryID      = "entry:"
)

// bulkBytes is about how large one _bulk request becomes.
const bulkBytes = 4 << 20

// Apply implements search.Engine. Entries are written with their versions, and the server keeps the
// highest; the checkpoint when all are written.
func (e *Engine) Apply(ctx context.Context, generation string, entries []search.Entry, checkpoint int64) error {
	var lines bytes.Buffer
	for _, entry := range entries {
		action := object{"index": object{"_id": entryID + entry.ID, "version": entry.Version, "version_type": "external"}}
		if err := appendLines(&lines, action, sourceOf(entry)); err != nil {
			return fmt.Errorf("write %q to %s: %w", entry.ID, e.index(generation), err)
		}
		if lines.Len() >= bulkBytes {
			if err := e.bulk(ctx, generation, &lines); err != nil {
				return err
			}
		}
	}
	if lines.Len() > 0 {
		if err := e.bulk(ctx, generation, &lines); err != nil {
			return err
		}
	}
	// The checkpoint may be written again, and a late one does not move it back.
	path := fmt.Sprintf("/%s/_doc/%s?version=%d&version_type=external_gte&refresh=true", e.index(generation), checkpointID, checkpoint)
	_, err := e.server.ask(ctx, call{method: http.MethodPut, path: path, body: object{checkpointField: checkpoint}, must: true}, nil)
	return err
}

func appendLines(lines *bytes.Buffer, objects ...any) error {
	encoder := json.NewEncoder(lines)
	for _, o := range objects {
		if err := encoder.Encode(o); err != nil {
			return err
		}
	}
	return nil
}

func sourceOf(entry search.Entry) object {
	if entry.Fields == nil {
		return object{}
	}
	source := object{storedField: entry.Stored, presentField: true}
	for name, terms := range entry.Fields.Terms {
		source[name] = terms
	}
	for name, values := range entry.Fields.Keywords {
		source[name] = values
	}
	for name, value := range entry.Fields.Numbers {
		source[name] = value
	}
	return source
}

// bulk writes the lines and empties them.
func (e *Engine) bulk(ctx context.Context, generation string, lines *bytes.Buffer) error {
	var answer struct {
		Errors bool `json:"errors"`
		Items  []map[string]struct {
			ID     string          `json:"_id"`
			Status int             `json:"status"`
			Error  json.RawMessage `json:"error"`
		} `json:"items"`
	}
	_, err := e.server.ask(ctx, call{method: http.MethodPost, path: "/" + e.index(generation) + "/_bulk", lines: lines.Bytes(), must: true}, &answer)
	lines.Reset()
	if err != nil || !answer.Errors {
		return err
	}
	for _, item := range answer.Items {
		for _, result := range item {
			switch {
			case result.Status < 300, result.Status == http.StatusConflict: // it has this version, or a newer one
			case result.Status == http.StatusTooManyRequests || result.Status == http.StatusServiceUnavailable:
				return unavailable.New("The search engine takes no more now", errors.New(string(result.Error)))
			default:
				return fmt.Errorf("write %q to %s: status %s: %.500s", result.ID, e.index(generation), strconv.Itoa(result.Status), result.Error)
			}
		}
	}
	return nil
}
