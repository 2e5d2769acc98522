package main

import (
	"fmt"
	"io"
	"reflect"
	"strings"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// writeFields prints how the kinds that are listed over a whole cluster are laid out in protobuf, by message and in the
// order of their JSON: message, number, name in JSON, kind, and when the field stands in JSON. It reads the tags of the
// API's own types. managedFields are left out: tracedoctor does not read them of these kinds.
func writeFields(out io.Writer) {
	seen := map[reflect.Type]bool{}
	names := map[string]bool{}
	waiting := []reflect.Type{
		reflect.TypeOf(apps.DeploymentList{}), reflect.TypeOf(apps.StatefulSetList{}), reflect.TypeOf(apps.DaemonSetList{}),
		reflect.TypeOf(core.ServiceList{}), reflect.TypeOf(meta.Status{}),
	}
	for len(waiting) > 0 {
		message := waiting[0]
		waiting = waiting[1:]
		if seen[message] {
			continue
		}
		seen[message] = true
		if names[message.Name()] {
			panic("two messages of one name: " + message.String())
		}
		names[message.Name()] = true
		for index := range message.NumField() {
			field := message.Field(index)
			tag := strings.Split(field.Tag.Get("protobuf"), ",")
			if len(tag) < 2 {
				continue
			}
			name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
			if name == "managedFields" {
				continue
			}
			kind, below := kindOf(field.Type)
			if below != nil {
				waiting = append(waiting, below)
			}
			fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\n", message.Name(), tag[1], name, kind, whenInJSON(field.Type, name, options))
		}
	}
}

// whenInJSON says when a field stands in JSON: never itself but its fields in its place (inline), when it was sent
// (present), always and null when it was not sent (null), always, or when it is not empty (filled).
func whenInJSON(field reflect.Type, name, options string) string {
	omit := strings.Contains(options, "omitempty")
	switch {
	case name == "" || strings.Contains(options, "inline"):
		return "inline"
	case field.Kind() == reflect.Pointer && !omit:
		return "null"
	case field.Kind() == reflect.Pointer:
		return "present"
	case strings.Contains(options, "omitzero"):
		return "filled"
	case !omit || field.Kind() == reflect.Struct:
		return "always"
	default:
		return "filled"
	}
}

// kindOf names what a field holds, and returns the message that is to be printed too, if it holds one.
func kindOf(field reflect.Type) (string, reflect.Type) {
	switch field {
	case reflect.TypeOf(meta.Time{}):
		return "time", nil
	case reflect.TypeOf(resource.Quantity{}):
		return "quantity", nil
	case reflect.TypeOf(intstr.IntOrString{}):
		return "int-or-string", nil
	}
	switch field.Kind() {
	case reflect.Pointer:
		return kindOf(field.Elem())
	case reflect.Slice:
		if field.Elem().Kind() == reflect.Uint8 {
			panic("bytes are not expected")
		}
		kind, below := kindOf(field.Elem())
		return "[]" + kind, below
	case reflect.Map:
		kind, below := kindOf(field.Elem())
		return "map:" + kind, below
	case reflect.String:
		return "string", nil
	case reflect.Bool:
		return "bool", nil
	case reflect.Int32, reflect.Int64:
		return "int", nil
	case reflect.Struct:
		return field.Name(), field
	default:
		panic("a field of a type that is not known: " + field.String())
	}
}
