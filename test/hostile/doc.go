// Package hostile runs the real program among clients that mean harm, or that
// are broken in a way that makes no difference. Everything goes over real
// sockets: lines of 10^7 octets, announced literals of 4 GiB, messages nested
// a million deep, half-open TLS, clients that do not read, floods.
//
// Each scenario asks the same of the server: it lives, what it says is clear,
// its memory is bounded, and honest clients are served at once. The last is
// checked after every test, by sending a message and reading it again.
//
//	go test ./test/hostile             # a minute
//	go test ./test/hostile -run Smuggling -smuggle 6
package hostile
