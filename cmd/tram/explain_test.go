package main

import (
	"os"
	"regexp"
	"testing"
)

// Every sentence that the policy and routing can say exists in Vietnamese.
func TestSentences(t *testing.T) {
	known := sentences()
	reasons := []*regexp.Regexp{
		regexp.MustCompile(`Why: "([^"]+)"`),
		regexp.MustCompile(`\.(?:refuse|fail|exchangers)\([^"\n]+, "([^"]+)"\)`),
		regexp.MustCompile(`\.named\("[^"]+", "([^"]+)"`),
		regexp.MustCompile(`\.named\("([^"]+)"`),
		regexp.MustCompile(`\.note\("([^"]+)"`),
		regexp.MustCompile(`\.note\([^"]+"([^"]+)"\)`),
	}
	found := 0
	for _, file := range []string{"route.go", "policy.go", "explain.go"} {
		source, err := os.ReadFile("../../internal/agent/mta/" + file)
		if err != nil {
			t.Fatal(err)
		}
		for _, reason := range reasons {
			for _, match := range reason.FindAllStringSubmatch(string(source), -1) {
				found++
				if known[match[1]].vi == "" {
					t.Errorf("%s: %q has no translation", file, match[1])
				}
			}
		}
	}
	if found < 30 {
		t.Errorf("only %d sentences found", found)
	}
}
