package sdk

import (
	"fmt"
	"strings"
)

const (
	lower  = "abcdefghijklmnopqrstuvwxyz"
	upper  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits = "0123456789"
)

// Validate checks the declaration of a family: names that can stand in ops.toml and in members' names, attributes that
// tell members apart, and defaults of a known type. It does not look at Build. The error names the family.
func (op Op) Validate() error {
	if !spelled(op.Name, lower+digits+"-") {
		return fmt.Errorf("family %q: a name is 1 to 64 lower-case letters, digits and dashes, and starts with "+
			"a letter", op.Name)
	}
	names, shorts := map[string]bool{}, map[string]bool{}
	for _, a := range op.Attrs {
		if err := a.validate(); err != nil {
			return fmt.Errorf("family %s: %w", op.Name, err)
		}
		if names[a.Name] || shorts[a.Short] {
			return fmt.Errorf("family %s: attribute %q (short %q) is declared twice", op.Name, a.Name, a.Short)
		}
		names[a.Name], shorts[a.Short] = true, true
	}
	kernels := map[string]bool{}
	for _, k := range op.Kernels {
		if err := k.validate(); err != nil {
			return fmt.Errorf("family %s: %w", op.Name, err)
		}
		if kernels[k.Name] {
			return fmt.Errorf("family %s: kernel %q is declared twice", op.Name, k.Name)
		}
		kernels[k.Name] = true
	}
	return nil
}

func (a Attr) validate() error {
	switch {
	case !spelled(a.Name, lower+digits+"_"):
		return fmt.Errorf("attribute %q: a name is 1 to 64 lower-case letters, digits and underscores, and starts "+
			"with a letter", a.Name)
	case a.Name == "name":
		return fmt.Errorf("attribute %q: ops.toml uses this key for the family", a.Name)
	case !spelled(a.Short, lower):
		return fmt.Errorf("attribute %q: short name %q is not 1 to 64 lower-case letters", a.Name, a.Short)
	case !known(a.Default):
		return fmt.Errorf("attribute %q: default is a %T, not an int, []int, float64, bool or string", a.Name,
			a.Default)
	}
	if a.Required {
		return nil // the default tells the type alone
	}
	if err := representable(a.Default); err != nil {
		return fmt.Errorf("attribute %q: default: %w", a.Name, err)
	}
	return nil
}

func known(v any) bool {
	switch v.(type) {
	case int, []int, float64, bool, string:
		return true
	}
	return false
}

// spelled reports whether s is 1 to 64 of the letters, the first of them from a to z.
func spelled(s, letters string) bool {
	return s != "" && len(s) <= 64 && strings.Contains(lower, s[:1]) && only(s, letters)
}

func only(s, letters string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return !strings.ContainsRune(letters, r) }) < 0
}
