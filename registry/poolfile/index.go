package poolfile

import (
	"fmt"
	"net/url"

	"github.com/BurntSushi/toml"

	"github.com/nse-dev/nse/internal/tomlpos"
	"github.com/nse-dev/nse/sdk"
)

// Offer is one [[plugin]] of an index: a plugin that can be got. It has a module, an OCI reference or files.
type Offer struct {
	Name     string     `json:"name"`
	Summary  string     `json:"summary"`
	Families []string   `json:"families"`
	Licence  string     `json:"licence"`
	Since    int64      `json:"since,omitempty"` // year in which the operations were published; 0: not given
	Paper    string     `json:"paper,omitempty"`
	Module   string     `json:"module,omitempty"` // of Go, with or without a version
	OCI      string     `json:"oci,omitempty"`    // REGISTRY/REPOSITORY:TAG
	Files    []Download `json:"files,omitempty"`
}

// Download is one [[plugin.file]] of an index: a plugin for a platform, such as linux/amd64, or an archive with it.
type Download struct {
	Platform string `json:"platform"`
	URL      string `json:"url"` // https
	SHA256   string `json:"sha256"`
}

// Index reads an index of plugins that can be got, in the order of the file. An index without a plugin is an error.
func (f File) Index() (offers []Offer, err error) {
	if err := f.bounded(); err != nil {
		return nil, err
	}
	var doc map[string]any
	if _, err := toml.Decode(f.Text, &doc); err != nil {
		return nil, f.syntax(err)
	}
	root := tomlpos.Locate(f.Text)
	if err := f.known("an index", doc, root, "plugin"); err != nil {
		return nil, err
	}
	if doc["plugin"] == nil {
		return nil, f.Errorf(0, "no [[plugin]]: an index lists one at least")
	}
	tables, err := f.tables("plugin", doc, root)
	if err != nil {
		return nil, err
	}
	for i, table := range tables {
		o, err := f.offer(table, root.Fields["plugin"].Items[i])
		if err != nil {
			return nil, err
		}
		offers = append(offers, o)
	}
	return offers, nil
}

// offer reads one [[plugin]] of an index.
func (f File) offer(table map[string]any, s *tomlpos.Spot) (o Offer, err error) {
	err = f.known("[[plugin]]", table, s, "name", "summary", "families", "licence", "since", "paper", "module", "oci",
		"file")
	if err != nil {
		return o, err
	}
	for _, key := range []struct {
		name string
		to   *string
	}{{"name", &o.Name}, {"summary", &o.Summary}, {"licence", &o.Licence}, {"paper", &o.Paper},
		{"module", &o.Module}, {"oci", &o.OCI}} {
		if *key.to, err = f.textOf(key.name, table, s); err != nil {
			return o, err
		}
	}
	if o.Families, err = f.families(table["families"], s); err != nil {
		return o, err
	}
	if v, given := table["since"]; given {
		year, whole := v.(int64)
		if !whole || year < 1950 || year > 2100 {
			return o, f.Errorf(s.Fields["since"].At, "since is not a year, such as 2021")
		}
		o.Since = year
	}
	if o.Files, err = f.downloads(table, s); err != nil {
		return o, err
	}
	switch {
	case o.Name == "" || o.Summary == "" || o.Licence == "":
		return o, f.Errorf(s.At, "[[plugin]] needs name, summary, families and licence")
	case o.Module == "" && o.OCI == "" && len(o.Files) == 0:
		return o, f.Errorf(s.At, "plugin %q cannot be got: it needs module, oci or a [[plugin.file]]", o.Name)
	}
	return o, nil
}

// families reads the families that a plugin offers, one at least.
func (f File) families(v any, s *tomlpos.Spot) (names []string, err error) {
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		at := s.At
		if spot := s.Fields["families"]; spot != nil {
			at = spot.At
		}
		return nil, f.Errorf(at, `families is not a list of names, such as ["fused"]`)
	}
	for i, item := range list {
		name, ok := item.(string)
		err := (sdk.Op{Name: name}).Validate()
		if !ok || err != nil {
			return nil, f.Errorf(s.Fields["families"].Items[i].At, "families: %v is not the name of a family", item)
		}
		names = append(names, name)
	}
	return names, nil
}

// downloads reads the [[plugin.file]] tables of a plugin, if it has some.
func (f File) downloads(table map[string]any, s *tomlpos.Spot) (files []Download, err error) {
	if table["file"] == nil {
		return nil, nil
	}
	tables, err := f.tables("file", table, s)
	if err != nil {
		return nil, err
	}
	for i, t := range tables {
		at := s.Fields["file"].Items[i]
		if err := f.known("[[plugin.file]]", t, at, "platform", "url", "sha256"); err != nil {
			return nil, err
		}
		var d Download
		if d.Platform, err = f.textOf("platform", t, at); err != nil {
			return nil, err
		}
		if d.URL, err = f.textOf("url", t, at); err != nil {
			return nil, err
		}
		if d.SHA256, err = f.checksum(Entry{}, t, at); err != nil {
			return nil, err
		}
		if d.Platform == "" || d.URL == "" || d.SHA256 == "" {
			return nil, f.Errorf(at.At, "[[plugin.file]] needs platform, url and sha256")
		}
		if u, err := url.Parse(d.URL); err != nil || u.Scheme != "https" {
			return nil, f.Errorf(at.Fields["url"].At, "url is not one of https")
		}
		files = append(files, d)
	}
	return files, nil
}

// Sources are what nse ops get takes for a plugin of an index on a platform, with the flags: the module first, then
// the OCI reference, then the file. There is none if the index has files alone, and none for the platform.
func (o Offer) Sources(platform string) (list [][]string) {
	if o.Module != "" {
		list = append(list, []string{o.Module})
	}
	if o.OCI != "" {
		list = append(list, []string{fmt.Sprintf("oci://%s", o.OCI)})
	}
	for _, d := range o.Files {
		if d.Platform == platform {
			list = append(list, []string{d.URL, "--sha256", d.SHA256})
		}
	}
	for i := range list {
		for _, family := range o.Families {
			list[i] = append(list[i], "--family", family)
		}
	}
	return list
}
