package control

import (
	"reflect"
	"strings"
	"testing"
)

// TestEveryOperationIsServed calls each operation of the client. The server has
// none behind it and breaks off, but it must know the name.
func TestEveryOperationIsServed(t *testing.T) {
	c := serve(t, t.TempDir(), &fake{})
	operations := reflect.TypeFor[Operations]()
	for i := range operations.NumMethod() {
		name := operations.Method(i).Name
		method := reflect.ValueOf(c).MethodByName(name)
		args := []reflect.Value{reflect.ValueOf(t.Context())}
		for in := 1; in < method.Type().NumIn(); in++ {
			args = append(args, reflect.Zero(method.Type().In(in)))
		}
		out := method.Call(args)
		err, _ := out[len(out)-1].Interface().(error)
		if err != nil && strings.Contains(err.Error(), "does not know") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
