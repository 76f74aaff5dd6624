package queue

// A lane is a binary heap of slot numbers. It is written out instead of using
// container/heap because that boxes every number, and slots must know their
// place so that an administrator's Hold or Delete finds them.

func (s *schedule) less(a, b uint32) bool {
	x, y := &s.slots[a], &s.slots[b]
	if x.next != y.next {
		return x.next < y.next
	}
	return x.id < y.id
}

// push adds a slot to a lane.
func (s *schedule) push(lane int, i uint32) {
	s.lanes[lane] = append(s.lanes[lane], i)
	s.up(s.lanes[lane], len(s.lanes[lane])-1)
}

// cut removes the slot at pos from a lane.
func (s *schedule) cut(lane, pos int) {
	h := s.lanes[lane]
	last := len(h) - 1
	moved := h[last]
	s.lanes[lane] = h[:last]
	if pos == last {
		return
	}
	h[pos] = moved
	s.up(h[:last], pos)
	s.down(h[:last], int(s.slots[moved].pos))
}

func (s *schedule) up(h []uint32, pos int) {
	i := h[pos]
	for pos > 0 {
		parent := (pos - 1) / 2
		if !s.less(i, h[parent]) {
			break
		}
		s.place(h, pos, h[parent])
		pos = parent
	}
	s.place(h, pos, i)
}

func (s *schedule) down(h []uint32, pos int) {
	i := h[pos]
	for {
		child := 2*pos + 1
		if child >= len(h) {
			break
		}
		if child+1 < len(h) && s.less(h[child+1], h[child]) {
			child++
		}
		if !s.less(h[child], i) {
			break
		}
		s.place(h, pos, h[child])
		pos = child
	}
	s.place(h, pos, i)
}

func (s *schedule) place(h []uint32, pos int, i uint32) {
	h[pos] = i
	s.slots[i].pos = int32(pos)
}
