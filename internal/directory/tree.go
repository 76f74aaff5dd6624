package directory

// Node is one step of an expansion, for people: see ExpandTree.
type Node struct {
	Address  string // or the text of a target
	What     string // account, alias, list, relayed, not local, include, file, program, seen already, or why it failed
	Via      string // as in Resolution
	Children []*Node
}

// add appends a child; without a tree it does nothing.
func (n *Node) add(address, what, via string) *Node {
	if n == nil {
		return nil
	}
	child := &Node{Address: address, What: what, Via: via}
	n.Children = append(n.Children, child)
	return child
}
