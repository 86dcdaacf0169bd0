package listing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// maxShards bounds the files that a pattern can name.
const maxShards = 100_000

// Shard is a file with many images.
type Shard struct {
	Path string
	Side Side // as its name says, or else the folder that it is in
}

// Shards lists the files that a pattern names, in the order of their names. Besides * and the like it may have lists
// {a,b} and ranges {000..012}, and each of these has to name a file. Of a folder it lists the files below it with one
// of the endings, but hidden ones. A cancelled context is its error.
func Shards(ctx context.Context, pattern string, endings ...string) (shards []Shard, err error) {
	patterns, err := expand(pattern)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, p := range patterns {
		found, err := matches(ctx, p, endings)
		if err != nil {
			return nil, err
		}
		if paths = append(paths, found...); len(paths) > maxShards {
			return nil, fmt.Errorf("%s: more than %d files", pattern, maxShards)
		}
	}
	slices.Sort(paths)
	paths = slices.Compact(paths)
	above := common(paths)
	for _, p := range paths {
		shards = append(shards, Shard{p, sideOfPath(strings.TrimPrefix(p, above))})
	}
	return shards, nil
}

// Most bounds the images, or what comes with them, in a file of so many bytes. Images are larger, so that more are
// numbers that lie, or what a small file swells to.
func Most(size int64) int64 { return min(MaxImages, size/8+1000) }

// matches lists the files of a pattern without braces.
func matches(ctx context.Context, pattern string, endings []string) (paths []string, err error) {
	info, err := os.Stat(pattern)
	switch {
	case err != nil && strings.ContainsAny(pattern, "*?["):
		paths, err = filepath.Glob(pattern)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", pattern, err)
		}
		paths = slices.DeleteFunc(paths, func(p string) bool { return hidden(filepath.Base(p)) })
	case err != nil:
		return nil, named(pattern, err)
	case info.IsDir():
		return below(ctx, pattern, endings)
	default:
		paths = []string{pattern}
	}
	for _, p := range paths {
		if info, err := os.Stat(p); err != nil {
			return nil, named(p, err)
		} else if !info.Mode().IsRegular() {
			return nil, fmt.Errorf("%s: not a file", p)
		}
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("%s: no such files", pattern)
	}
	return paths, nil
}

// named is an error about a file, without what was done with it.
func named(path string, err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		err = p.Err
	}
	return fmt.Errorf("%s: %w", path, err)
}

// below lists the files in a folder, and in those in it.
func below(ctx context.Context, dir string, endings []string) (paths []string, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err = cmp.Or(err, ctx.Err()); err != nil {
			return err
		}
		switch {
		case path != dir && hidden(d.Name()) && d.IsDir():
			return filepath.SkipDir
		case hidden(d.Name()):
			return nil
		}
		name := strings.ToLower(d.Name())
		if !slices.ContainsFunc(endings, func(e string) bool { return strings.HasSuffix(name, e) }) {
			return nil
		}
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() { // links are followed
			paths = append(paths, path)
		}
		return nil
	})
	if err == nil && len(paths) == 0 {
		err = fmt.Errorf("%s: no files *%s in it", dir, strings.Join(endings, ", *"))
	}
	return paths, err
}

// braces is a list or a range without another one in it.
var braces = regexp.MustCompile(`\{([^{}]*,[^{}]*|[0-9]{1,9}\.\.[0-9]{1,9})\}`)

// expand lists what a pattern with braces stands for.
func expand(pattern string) ([]string, error) {
	done, open := []string{}, []string{pattern}
	for len(open) > 0 {
		p := open[len(open)-1]
		open = open[:len(open)-1]
		at := braces.FindStringIndex(p)
		if at == nil {
			done = append(done, p)
		} else {
			words, err := alternatives(p[at[0]+1 : at[1]-1])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", pattern, err)
			}
			for _, w := range words {
				open = append(open, p[:at[0]]+w+p[at[1]:])
			}
		}
		if len(open)+len(done) > maxShards {
			return nil, fmt.Errorf("%s: more than %d files", pattern, maxShards)
		}
	}
	return done, nil
}

// alternatives lists what is in braces. Numbers of a range are as long as the first one.
func alternatives(s string) (words []string, err error) {
	first, last, is := strings.Cut(s, "..")
	if !is || strings.Contains(s, ",") {
		return strings.Split(s, ","), nil
	}
	from, _ := strconv.Atoi(first)
	to, _ := strconv.Atoi(last)
	if from > to || to-from >= maxShards {
		return nil, fmt.Errorf("the range {%s}: want at most %d numbers, from the lowest to the highest", s, maxShards)
	}
	for i := from; i <= to; i++ {
		words = append(words, fmt.Sprintf("%0*d", len(first), i))
	}
	return words, nil
}

// common is the path of the folder that has all paths in it, with the separator behind it. It is empty without one.
func common(paths []string) string {
	if len(paths) == 0 {
		return ""
	}
	first, last := paths[0], paths[len(paths)-1] // they are sorted
	n := 0
	for n < min(len(first), len(last)) && first[n] == last[n] {
		n++
	}
	return first[:strings.LastIndexByte(first[:n], filepath.Separator)+1]
}

// sideOfPath is the part that a word in the name of a file stands for, or else a folder's name, the nearest first.
func sideOfPath(path string) Side {
	parts := strings.Split(filepath.ToSlash(path), "/")
	for _, word := range strings.FieldsFunc(parts[len(parts)-1], func(r rune) bool { return !unicode.IsLetter(r) }) {
		if side, is := sideOf(word); is {
			return side
		}
	}
	for _, folder := range slices.Backward(parts[:len(parts)-1]) {
		if side, is := sideOf(folder); is {
			return side
		}
	}
	return Undecided
}
