package search

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

const (
	// maxKeyword is how many bytes of a keyword count.
	maxKeyword = 500
	// maxShown is how many bytes of a text are stored to be highlighted.
	maxShown = 8 << 10
)

// entry is a document as an engine keeps it.
func (s Schema) entry(d Document) (Entry, error) {
	if d.ID == "" || len(d.ID) > maxKeyword || d.Version < 1 {
		return Entry{}, fmt.Errorf("document %q at version %d: an id has 1 to %d bytes, versions count from 1", d.ID, d.Version, maxKeyword)
	}
	e := Entry{ID: d.ID, Version: d.Version}
	if d.Deleted {
		return e, nil
	}
	title := d.Texts[s.Texts[0].Name]
	e.Fields = &Fields{
		Terms:    make(map[string][]string, 3*len(s.Texts)),
		Keywords: map[string][]string{idField: {d.ID}, titleField: {titleOrder(title)}},
		Numbers:  map[string]int64{lengthField: int64(len(tokensOf(title)))},
	}
	shown := make(map[string]string, len(s.Texts))
	for _, text := range s.Texts {
		content := d.Texts[text.Name]
		terms, pairs, stems := termsOf(content)
		e.Fields.Terms[termsField(text.Name)], e.Fields.Terms[pairsField(text.Name)], e.Fields.Terms[stemsField(text.Name)] = terms, pairs, stems
		if content != "" {
			shown[text.Name] = cut(content, maxShown)
		}
	}
	for _, name := range s.Keywords {
		for _, value := range d.Keywords[name] {
			e.Fields.Keywords[name] = append(e.Fields.Keywords[name], cut(value, maxKeyword))
		}
	}
	for _, name := range s.Numbers {
		e.Fields.Numbers[name] = d.Numbers[name]
	}
	encoded, err := json.Marshal(stored{Source: d.Source, Texts: shown})
	if err != nil {
		return Entry{}, fmt.Errorf("document %q: %w", d.ID, err)
	}
	e.Stored = encoded
	return e, nil
}

// cut is a text of at most some bytes, which ends with a whole character.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// Entries are documents as an engine keeps them.
func (s Schema) Entries(documents []Document) ([]Entry, error) {
	entries := make([]Entry, len(documents))
	for i, d := range documents {
		var err error
		if entries[i], err = s.entry(d); err != nil {
			return nil, err
		}
	}
	return entries, nil
}
