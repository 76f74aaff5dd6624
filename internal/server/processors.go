package server

import (
	"log/slog"
	"os"
	"runtime"
)

// waiters is how many threads of the server usually wait for the disk: one in
// the sync of a pack, one in that of the log. Go counts such a thread among
// those that run until it has waited for a while (up to 10 ms), so on a machine of two
// cores nothing else would run meanwhile. See decision 0026.
const waiters = 2

// useProcessors has the runtime run as many threads as there are processors
// for the process (which it finds out, control groups included), and those that
// wait. GOMAXPROCS in the environment stays.
func useProcessors(log *slog.Logger) {
	if os.Getenv("GOMAXPROCS") != "" {
		return
	}
	runtime.SetDefaultGOMAXPROCS() // another server of the process may have set it
	processors := runtime.GOMAXPROCS(0)
	runtime.GOMAXPROCS(processors + waiters)
	log.Debug("threads that run Go code", "processors", processors, "threads", processors+waiters)
}
