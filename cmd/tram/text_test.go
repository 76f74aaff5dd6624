package main

import (
	"reflect"
	"regexp"
	"slices"
	"testing"
)

// Every text exists in every language, and takes the same values.
func TestCatalogues(t *testing.T) {
	verbs := regexp.MustCompile(`%[a-z]`)
	en, vi := reflect.ValueOf(*english()), reflect.ValueOf(*vietnamese())
	for _, field := range reflect.VisibleFields(en.Type()) {
		if field.Anonymous {
			continue
		}
		a, b := en.FieldByIndex(field.Index).String(), vi.FieldByIndex(field.Index).String()
		if a == "" || b == "" {
			t.Errorf("%s: English %q, Vietnamese %q", field.Name, a, b)
		}
		if va, vb := verbs.FindAllString(a, -1), verbs.FindAllString(b, -1); !slices.Equal(va, vb) {
			t.Errorf("%s: English takes %v, Vietnamese %v", field.Name, va, vb)
		}
	}
}

func TestCatalogueFor(t *testing.T) {
	for _, test := range []struct {
		env  map[string]string
		want string
	}{
		{map[string]string{}, english().server},
		{map[string]string{"LANG": "vi_VN.UTF-8"}, vietnamese().server},
		{map[string]string{"LANG": "vi_VN.UTF-8", "LC_ALL": "C"}, english().server},
		{map[string]string{"LANG": "de_DE.UTF-8", "LC_MESSAGES": "vi"}, vietnamese().server},
	} {
		if got := catalogueFor(func(k string) string { return test.env[k] }).server; got != test.want {
			t.Errorf("%v: %s", test.env, got)
		}
	}
}
