package queue

import "time"

// Hasten makes entries due that were sent back with [Queue.Postpone], because
// the reason for it is gone. Entries that are not in the queue any more, were
// handed out since, or wait for their next attempt are left as they are.
func (q *Queue) Hasten(ids []ID) {
	now := millis(time.Now())
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, id := range ids {
		if sl := q.schedule.find(id); sl != nil && sl.postponed && sl.waits() && sl.next > now {
			q.schedule.wait(sl, now, sl.tried)
		}
	}
	q.signal()
}
