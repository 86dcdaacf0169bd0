package fetch

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
)

// shelf is a registry of OCI in memory with one repository, you/nse-a.
type shelf struct {
	blobs map[string][]byte // by digest
	kinds map[string]string // media types of manifests, by digest
	tags  map[string]string // digests
}

func (s shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	kind, ref, found := strings.Cut(strings.TrimPrefix(r.URL.Path, "/v2/you/nse-a/"), "/")
	if tagged, ok := s.tags[ref]; ok {
		ref = tagged
	}
	data, there := s.blobs[ref]
	if !found || !there {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Docker-Content-Digest", ref)
	w.Header().Set("Content-Length", fmt.Sprint(len(data)))
	w.Header().Set("Content-Type", "application/octet-stream")
	if kind == "manifests" {
		w.Header().Set("Content-Type", s.kinds[ref])
	}
	_, _ = w.Write(data)
}

// add puts a blob on the shelf.
func (s shelf) add(kind string, data []byte) v1.Descriptor {
	d := v1.Descriptor{MediaType: kind, Digest: digest.FromBytes(data), Size: int64(len(data))}
	s.blobs[d.Digest.String()], s.kinds[d.Digest.String()] = data, kind
	return d
}

// manifest puts a manifest on the shelf, with a tag if one is given.
func (s shelf) manifest(t *testing.T, tag string, m any) v1.Descriptor {
	t.Helper()
	kind := v1.MediaTypeImageManifest
	if _, index := m.(v1.Index); index {
		kind = v1.MediaTypeImageIndex
	}
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	d := s.add(kind, text)
	s.tags[tag] = d.Digest.String()
	return d
}

// titled is a file with a title.
func (s shelf) titled(title string, data []byte) v1.Descriptor {
	d := s.add("application/octet-stream", data)
	d.Annotations = map[string]string{v1.AnnotationTitle: title}
	return d
}

// of is a manifest of files.
func of(files ...v1.Descriptor) v1.Manifest {
	return v1.Manifest{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: v1.MediaTypeImageManifest,
		Layers: files}
}

func TestGetOCI(t *testing.T) {
	s := shelf{map[string][]byte{}, map[string]string{}, map[string]string{}}
	server := httptest.NewServer(s)
	defer server.Close()
	repository := "oci://" + strings.TrimPrefix(server.URL, "http://") + "/you/nse-a"
	here := v1.Platform{OS: runtime.GOOS, Architecture: runtime.GOARCH}
	away := v1.Platform{OS: "plan9", Architecture: "mips"}

	mine := s.titled("nse-b-"+runtime.GOOS+"-"+runtime.GOARCH, []byte(plugin))
	artifact := s.manifest(t, "files", of(s.titled("nse-b-plan9-mips", []byte("#!x")), mine))
	layer := s.add(v1.MediaTypeImageLayerGzip, tarred(t, member{"nse-c", 0o755, []byte(plugin)}))
	image := s.manifest(t, "image", of(layer))
	there := image
	there.Platform = &here
	gone := artifact
	gone.Platform = &away
	index := s.manifest(t, "index", v1.Index{Versioned: specs.Versioned{SchemaVersion: 2},
		MediaType: v1.MediaTypeImageIndex, Manifests: []v1.Descriptor{gone, there}})
	s.manifest(t, "away", v1.Index{Versioned: specs.Versioned{SchemaVersion: 2},
		MediaType: v1.MediaTypeImageIndex, Manifests: []v1.Descriptor{gone}})
	s.manifest(t, "foreign", of(s.titled("a_plan9_mips", nil), s.titled("a_js_wasm", []byte("x"))))
	s.manifest(t, "empty", of())
	bad := s.titled("nse-a", []byte(plugin+"#"))
	s.blobs[bad.Digest.String()] = []byte(plugin + "!")
	s.manifest(t, "bad", of(bad))

	for ref, want := range map[string]string{":files": "nse-b", ":image": "nse-c", ":index": "nse-c",
		"@" + index.Digest.String(): "nse-c"} {
		dir := t.TempDir()
		got, err := Get(t.Context(), Ask{Source: repository + ref, Out: dir})
		if err != nil {
			t.Errorf("%s: %v", ref, err)
			continue
		}
		source := map[string]string{":files": artifact.Digest.String(), ":image": image.Digest.String()}[ref]
		if source == "" {
			source = index.Digest.String()
		}
		if got.Source != repository+"@"+source {
			t.Errorf("%s: %s, want @%s", ref, got.Source, source)
		}
		holds(t, filepath.Join(dir, want), plugin)
	}
	for ref, want := range map[string]string{
		":away":    "it has no one plugin for " + platform + ": it has plan9/mips",
		":foreign": "it has no one plugin for " + platform + ": it has a_js_wasm, a_plan9_mips",
		":empty":   "it has no one plugin for " + platform + ": it has -",
		":bad":     "mismatch",
		":no":      "not found",
	} {
		dir := t.TempDir()
		_, err := Get(t.Context(), Ask{Source: repository + ref, Out: filepath.Join(dir, "plugins")})
		if err == nil || !strings.HasPrefix(err.Error(), repository+ref+": ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", ref, err, want)
		}
		if names := left(t, dir); len(names) > 0 {
			t.Errorf("%s left %v", ref, names)
		}
	}
}
