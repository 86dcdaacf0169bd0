package nse

import (
	"runtime/debug"
	"testing"
)

func TestVersionIn(t *testing.T) {
	const revision = "0123456789abcdef0123456789abcdef01234567"
	ours := func(version string) debug.Module { return debug.Module{Path: module, Version: version} }
	commit := debug.BuildSetting{Key: "vcs.revision", Value: revision}
	both := []debug.BuildSetting{{Key: "vcs.modified", Value: "true"}, commit}
	for name, c := range map[string]struct {
		info debug.BuildInfo
		want string
	}{
		"a release":           {debug.BuildInfo{Main: ours("v1.2.3")}, "v1.2.3"},
		"nothing is told":     {debug.BuildInfo{Main: ours("")}, "unknown"},
		"no commit":           {debug.BuildInfo{Main: ours("(devel)")}, "(devel)"},
		"a checkout":          {debug.BuildInfo{Main: ours("(devel)"), Settings: both[1:]}, "0123456789ab"},
		"a changed checkout":  {debug.BuildInfo{Main: ours(""), Settings: both}, "0123456789ab+dirty"},
		"a version and dirty": {debug.BuildInfo{Main: ours("v0.1.0+dirty"), Settings: both}, "v0.1.0+dirty"},
		"another program": {debug.BuildInfo{Main: debug.Module{Path: "example.org/theirs", Version: "v9.0.0"},
			Deps:     []*debug.Module{{Path: module, Version: "v1.2.3"}},
			Settings: []debug.BuildSetting{commit}}, "v1.2.3"},
	} {
		if got := versionIn(&c.info); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
