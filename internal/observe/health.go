package observe

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Health holds why the server is not well. No reason means that it is. The
// zero value is ready to use.
type Health struct {
	mu      sync.Mutex
	reasons map[string]string // part → why
}

// Fail notes that a part does not work. A later reason for the same part does
// not replace the first, which is nearer to the cause.
func (h *Health) Fail(part, why string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.reasons == nil {
		h.reasons = make(map[string]string)
	}
	if _, ok := h.reasons[part]; !ok {
		h.reasons[part] = why
	}
}

// Recover notes that a part works again.
func (h *Health) Recover(part string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.reasons, part)
}

// Reasons is "part: why" for each part that does not work, sorted.
func (h *Health) Reasons() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := make([]string, 0, len(h.reasons))
	for part, why := range h.reasons {
		all = append(all, part+": "+why)
	}
	slices.Sort(all)
	return all
}

// ServeHTTP answers 200 when all is well and 503 with the reasons when not.
func (h *Health) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	reasons := h.Reasons()
	status := "ok"
	code := http.StatusOK
	if len(reasons) > 0 {
		status, code = "failed", http.StatusServiceUnavailable
	}
	w.Header().Set("Cache-Control", "no-store")
	if !strings.Contains(r.Header.Get("Accept"), "application/json") {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(code)
		_, _ = w.Write([]byte(strings.Join(append([]string{status}, reasons...), "\n") + "\n"))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]any{"status": status, "reasons": reasons})
}
