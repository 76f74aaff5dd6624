package directory

// Node is one step of an expansion, for people: see ExpandTree.
type Node struct {
	Address  string // or text of the target
	What     string // account, alias, list, relayed, remote, include, file, program, seen already, or why it failed
	Via      string // as in Resolution
	Children []*Node
}
