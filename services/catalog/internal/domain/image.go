package domain

import (
	"errors"
	"fmt"
	"net/url"
	"unicode/utf8"

	"github.com/ordersaga/ordersaga/platform/text"
)

// Bounds of a product's images, their texts in characters.
const (
	MaxImages   = 20
	MaxImageURL = 2000
	MaxImageAlt = 500
)

// Image shows a product. It is somewhere else: nothing here ever fetches it.
type Image struct {
	URL string `json:"url"` // https
	Alt string `json:"alt"` // what it shows, in words; empty for mere decoration
}

func checkImages(images []Image) error {
	if len(images) > MaxImages {
		return &Invalid{Field: "images", Problem: fmt.Sprintf("must be at most %d", MaxImages), Value: len(images)}
	}
	var faults error
	for i, image := range images {
		place := fmt.Sprintf("images[%d].", i)
		if problem := wrongURL(image.URL); problem != "" {
			faults = errors.Join(faults, &Invalid{Field: place + "url", Problem: problem, Value: image.URL})
		}
		if utf8.RuneCountInString(image.Alt) > MaxImageAlt {
			faults = errors.Join(faults, &Invalid{Field: place + "alt", Problem: fmt.Sprintf("must have at most %d characters", MaxImageAlt), Value: image.Alt})
		} else if err := text.Check(image.Alt); image.Alt != "" && err != nil {
			faults = errors.Join(faults, &Invalid{Field: place + "alt", Problem: err.Error(), Value: image.Alt})
		}
	}
	return faults
}

// wrongURL says why a text cannot be the URL of an image, or nothing. Pages of the shop have it in
// their markup: it is a plain https URL, without a user's name, a space or a control character.
func wrongURL(link string) string {
	if utf8.RuneCountInString(link) > MaxImageURL {
		return fmt.Sprintf("must have at most %d characters", MaxImageURL)
	}
	parsed, err := url.Parse(link)
	if err != nil || parsed.Scheme != "https" || parsed.Hostname() == "" || parsed.User != nil || parsed.String() != link {
		return "must be a URL that begins with https:// and has no user name, in the characters that a URL can have"
	}
	return ""
}
