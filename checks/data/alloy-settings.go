//go:build ignore

// Makes alloy-settings.tsv: which blocks and settings the components of Grafana Alloy take, by release.
//
//	go run checks/data/alloy-settings.go CLONE-OF-GRAFANA-ALLOY >checks/data/alloy-settings.tsv
//
// Alloy decodes every block into a Go struct whose tags name what it may have. This reads those structs, without building anything, at each tag of
// a release, and writes one tree for each component with the releases between which each line of it holds. Types of other modules are not followed:
// what is of such a type takes anything.
package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"fmt"
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
)

const module = "github.com/grafana/alloy/"

// Blocks that are no components: name, and where the struct is.
var settings = [][3]string{
	{"logging", "internal/alloy/logging", "Options"},
	{"logging", "internal/runtime/logging", "Options"},
	{"tracing", "internal/alloy/tracing", "Options"},
	{"tracing", "internal/runtime/tracing", "Options"},
	{"http", "internal/service/http", "Arguments"},
	{"livedebugging", "internal/service/livedebugging", "Arguments"},
	{"remotecfg", "internal/service/remotecfg", "Arguments"},
	{"import.file", "internal/alloy/internal/importsource", "FileArguments"},
	{"import.http", "internal/alloy/internal/importsource", "HTTPArguments"},
	{"import.git", "internal/alloy/internal/importsource", "GitArguments"},
	{"import.file", "internal/runtime/internal/importsource", "FileArguments"},
	{"import.http", "internal/runtime/internal/importsource", "HTTPArguments"},
	{"import.git", "internal/runtime/internal/importsource", "GitArguments"},
	{"import.file", "internal/nodeconf/importsource", "FileArguments"},
	{"import.http", "internal/nodeconf/importsource", "HTTPArguments"},
	{"import.git", "internal/nodeconf/importsource", "GitArguments"},
	{"import.string", "internal/nodeconf/importsource", "importStringConfigBlock"},
}

// Types whose own decoder takes the constants of the type and nothing else. ToLower: in any case.
var words = map[string]bool{
	"internal/component/common/relabel.Action":                     true,
	"internal/component/otelcol.CompressionType":                   true,
	"internal/component/otelcol/auth/headers.Action":               true,
	"internal/component/otelcol/processor/tail_sampling.ErrorMode": true,
	"internal/component/otelcol/processor/transform.ContextID":     true,
	"internal/alloy/logging.Level":                                 true,
	"internal/alloy/logging.Format":                                true,
	"internal/runtime/logging.Level":                               true,
	"internal/runtime/logging.Format":                              true,
	"internal/component/discovery/scaleway.Role":                   true,
}

// Types whose decoder is in another form: the words that it takes.
var taken = map[string]string{
	"internal/component/common/config.TLSVersion":                                  "word(TLS10|TLS11|TLS12|TLS13)",
	"internal/component/otelcol/config.Level":                                      "word(basic|detailed|none|normal)",
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl.ErrorMode": "anycase(ignore|propagate|silent)",
}

// Texts that a component looks up in a list of its own before it starts (Validate and the like): component, end of the path, words. Of the words
// of several releases all are listed.
var listed = [][3]string{
	{"otelcol.", "auth_type", "word(kubeConfig|none|serviceAccount|tls)"},
	{"otelcol.connector.spanmetrics", "aggregation_temporality", "word(CUMULATIVE|DELTA)"},
	{"otelcol.connector.spanmetrics", "histogram/unit", "word(ms|s)"},
	{"otelcol.exporter.loadbalancing", "routing_key", "word(metric|resource|service|streamID|traceID)"},
	{"otelcol.exporter.otlphttp", "encoding", "word(json|proto)"},
	{"otelcol.processor.attributes", "action/action", "anycase(convert|delete|extract|hash|insert|update|upsert)"},
	{"otelcol.processor.resourcedetection", "detectors", "list<word(akamai|aks|alibaba_ecs|azure|consul|digitalocean|docker|dynatrace|ec2|ecs|eks|elasticbeanstalk|env|gcp|heroku|hetzner|kubeadm|kubernetes_node|lambda|openshift|nova|oraclecloud|scaleway|system|tencent_cvm|upcloud|vultr)>"},
	{"otelcol.processor.span", "status/code", "word(Error|Ok|Unset)"},
	{"otelcol.processor.tail_sampling", "policy/type", "POLICY"},
	{"otelcol.processor.tail_sampling", "sub_policy/type", "POLICY"},
	{"otelcol.processor.tail_sampling", "status_code/status_codes", "list<word(ERROR|OK|UNSET)>"},
}

const policies = "word(always_sample|and|boolean_attribute|bytes_limiting|composite|drop|latency|not|numeric_attribute|ottl_condition|probabilistic|rate_limiting|span_count|status_code|string_attribute|trace_flags|trace_state)"

// A setting, or a block with what is in it.
type node struct {
	kind     string // attr, block
	required bool
	many     bool
	label    bool
	open     bool // takes what is not listed as well
	typ      string
	children map[string]*node
}

func (n *node) state() string {
	kind := n.kind
	if n.required {
		kind += "!"
	}
	if n.many {
		kind += "*"
	}
	if n.label {
		kind += "l"
	}
	if n.open {
		kind += "o"
	}
	return kind + "\t" + n.typ
}

type file struct {
	syntax  *ast.File
	imports map[string]string
}

type spec struct {
	expr ast.Expr
	in   *file
	dir  string
}

type pack struct {
	dir     string
	files   []*file
	types   map[string]spec
	methods map[string]*ast.FuncDecl // TYPE.METHOD
	consts  map[string]ast.Expr
	words   map[string][]string // constants by type
}

type tree map[string]*pack

var release = regexp.MustCompile(`^v1\.\d+\.\d+$`)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run alloy-settings.go CLONE-OF-GRAFANA-ALLOY")
		os.Exit(2)
	}
	tags := releases(os.Args[1])
	var all []map[string]*node
	var levels []map[string]string
	for _, tag := range tags {
		t := read(os.Args[1], tag)
		found, level := t.components()
		fmt.Fprintln(os.Stderr, tag, len(found))
		all = append(all, found)
		levels = append(levels, level)
	}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	fmt.Fprintln(out, "# setting\tkind\ttype\tsince\tuntil")
	fmt.Fprintf(out, "# releases\t%s\n", strings.ReplaceAll(strings.Join(tags, " "), "v", ""))
	names := map[string]bool{}
	for _, found := range all {
		for name := range found {
			names[name] = true
		}
	}
	for _, name := range sorted(names) {
		nodes := make([]*node, len(all))
		states := make([]string, len(all))
		for i := range all {
			nodes[i] = all[i][name]
			if nodes[i] != nil {
				open := ""
				if nodes[i].open {
					open = "o"
				}
				states[i] = levels[i][name] + open + "\t"
			}
		}
		rows(out, "= "+name, states, tags)
		write(out, nodes, tags, 0)
	}
}

func releases(clone string) []string {
	text, err := exec.Command("git", "-C", clone, "tag").Output()
	if err != nil {
		fmt.Fprintln(os.Stderr, "git tag:", err)
		os.Exit(1)
	}
	var tags []string
	for _, tag := range strings.Fields(string(text)) {
		if release.MatchString(tag) {
			tags = append(tags, tag)
		}
	}
	number := func(tag string) (sum int) {
		for _, part := range strings.Split(tag[1:], ".") {
			one, _ := strconv.Atoi(part)
			sum = sum*1000 + one
		}
		return sum
	}
	sort.Slice(tags, func(i, j int) bool { return number(tags[i]) < number(tags[j]) })
	return tags
}

// Writes one line for each run of releases in which a name has one state.
func rows(out io.Writer, name string, states, tags []string) {
	for i := 0; i < len(states); {
		j := i
		for j < len(states) && states[j] == states[i] {
			j++
		}
		if states[i] != "" {
			since, until := "", ""
			if i > 0 {
				since = tags[i][1:]
			}
			if j < len(states) {
				until = tags[j-1][1:]
			}
			fmt.Fprintln(out, strings.TrimRight(name+"\t"+states[i]+"\t"+since+"\t"+until, "\t"))
		}
		i = j
	}
}

func write(out io.Writer, nodes []*node, tags []string, depth int) {
	names := map[string]bool{}
	for _, n := range nodes {
		if n != nil {
			for name := range n.children {
				names[name] = true
			}
		}
	}
	for _, name := range sorted(names) {
		below := make([]*node, len(nodes))
		states := make([]string, len(nodes))
		for i, n := range nodes {
			if n == nil {
				// Where the whole is not there, the part goes on as it was, so that it is not listed twice.
				continue
			}
			if below[i] = n.children[name]; below[i] != nil {
				states[i] = below[i].state()
			}
		}
		fill(states, nodes)
		rows(out, strings.Repeat(" ", depth)+name, states, tags)
		write(out, below, tags, depth+1)
	}
}

// Gives releases without the part that is around a state beside them.
func fill(states []string, around []*node) {
	for i := 1; i < len(states); i++ {
		if around[i] == nil {
			states[i] = states[i-1]
		}
	}
	for i := len(states) - 2; i >= 0; i-- {
		if around[i] == nil && states[i] == "" {
			states[i] = states[i+1]
		}
	}
}

func sorted(names map[string]bool) []string {
	var found []string
	for name := range names {
		found = append(found, name)
	}
	sort.Strings(found)
	return found
}

// Reads the packages of one tag.
func read(clone, tag string) tree {
	text, err := exec.Command("git", "-C", clone, "archive", tag, "internal", "syntax/alloytypes").Output()
	if err != nil {
		fmt.Fprintln(os.Stderr, "git archive:", err)
		os.Exit(1)
	}
	t := tree{}
	files := token.NewFileSet()
	archive := tar.NewReader(bytes.NewReader(text))
	for {
		header, err := archive.Next()
		if err != nil {
			return t
		}
		name := header.Name
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		content, err := io.ReadAll(archive)
		if err != nil || !isBuilt(name, content) {
			continue
		}
		syntax, err := parser.ParseFile(files, name, content, parser.SkipObjectResolution|parser.ParseComments)
		if err != nil {
			continue
		}
		t.add(path.Dir(name), syntax)
	}
}

// Whether the file is part of the image for Linux.
func isBuilt(name string, content []byte) bool {
	base := strings.TrimSuffix(path.Base(name), ".go")
	for _, system := range []string{"windows", "darwin", "freebsd", "arm64", "386", "arm", "s390x", "ppc64le"} {
		if strings.HasSuffix(base, "_"+system) {
			return false
		}
	}
	for _, line := range strings.Split(string(content), "\n") {
		if strings.HasPrefix(line, "package ") {
			return true
		}
		if !constraint.IsGoBuild(line) {
			continue
		}
		expr, err := constraint.Parse(line)
		if err == nil && !expr.Eval(isTag) {
			return false
		}
	}
	return true
}

func isTag(tag string) bool {
	known := []string{"linux", "unix", "amd64", "cgo", "netgo", "builtinassets", "promtail_journal_enabled", "gc"}
	return slices.Contains(known, tag) || strings.HasPrefix(tag, "go1.")
}

func (t tree) add(dir string, syntax *ast.File) {
	p := t[dir]
	if p == nil {
		p = &pack{dir: dir, types: map[string]spec{}, methods: map[string]*ast.FuncDecl{}, consts: map[string]ast.Expr{}, words: map[string][]string{}}
		t[dir] = p
	}
	in := &file{syntax: syntax, imports: map[string]string{}}
	for _, one := range syntax.Imports {
		whole, _ := strconv.Unquote(one.Path.Value)
		name := path.Base(whole)
		if one.Name != nil {
			name = one.Name.Name
		}
		in.imports[name] = whole
	}
	p.files = append(p.files, in)
	for _, decl := range syntax.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if decl.Recv != nil && len(decl.Recv.List) == 1 {
				p.methods[named(decl.Recv.List[0].Type)+"."+decl.Name.Name] = decl
			}
		case *ast.GenDecl:
			for _, one := range decl.Specs {
				switch one := one.(type) {
				case *ast.TypeSpec:
					p.types[one.Name.Name] = spec{one.Type, in, dir}
				case *ast.ValueSpec:
					for i, name := range one.Names {
						if i < len(one.Values) {
							p.value(name.Name, named(one.Type), one.Values[i])
						}
					}
				}
			}
		}
	}
}

func (p *pack) value(name, typ string, value ast.Expr) {
	// T("x") is a constant of T as well.
	if call, ok := value.(*ast.CallExpr); ok && len(call.Args) == 1 && typ == "" {
		typ, value = named(call.Fun), call.Args[0]
	}
	p.consts[name] = value
	if literal, ok := value.(*ast.BasicLit); ok && literal.Kind == token.STRING && typ != "" {
		word, _ := strconv.Unquote(literal.Value)
		p.words[typ] = append(p.words[typ], word)
	}
}

func named(expr ast.Expr) string {
	switch expr := expr.(type) {
	case *ast.Ident:
		return expr.Name
	case *ast.StarExpr:
		return named(expr.X)
	}
	return ""
}

// Returns what each component takes, and how stable it is.
func (t tree) components() (map[string]*node, map[string]string) {
	found, levels := map[string]*node{}, map[string]string{}
	for _, one := range settings {
		if p := t[one[1]]; p != nil {
			if s, ok := p.types[one[2]]; ok {
				found[one[0]] = t.block(s, one[1]+"."+one[2], nil)
				levels[one[0]] = "setting"
			}
		}
	}
	all := t["internal/component/all"]
	if all == nil {
		return found, levels
	}
	for _, in := range all.files {
		for _, one := range in.syntax.Imports {
			whole, _ := strconv.Unquote(one.Path.Value)
			if p := t[strings.TrimPrefix(whole, module)]; p != nil {
				t.registered(p, found, levels)
			}
		}
	}
	return found, levels
}

func (t tree) registered(p *pack, found map[string]*node, levels map[string]string) {
	for _, in := range p.files {
		ast.Inspect(in.syntax, func(n ast.Node) bool {
			literal, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			selector, ok := literal.Type.(*ast.SelectorExpr)
			if !ok || selector.Sel.Name != "Registration" {
				return true
			}
			name, level, args := "", "", (*node)(nil)
			for _, element := range literal.Elts {
				pair, ok := element.(*ast.KeyValueExpr)
				if !ok {
					continue
				}
				switch named(pair.Key) {
				case "Name":
					name = p.text(pair.Value)
				case "Stability":
					if one, ok := pair.Value.(*ast.SelectorExpr); ok {
						level = map[string]string{
							"StabilityGenerallyAvailable": "stable",
							"StabilityPublicPreview":      "preview",
							"StabilityExperimental":       "experimental",
						}[one.Sel.Name]
					}
				case "Community":
					level = "community"
				case "Args":
					if value, ok := pair.Value.(*ast.CompositeLit); ok {
						args = t.block(spec{value.Type, in, p.dir}, "", nil)
					}
				}
			}
			if name == "" || level == "" {
				fmt.Fprintln(os.Stderr, "not understood:", p.dir, name)
				return true
			}
			if args == nil {
				args = &node{open: true}
			}
			lists(name, "", args)
			found[name], levels[name] = args, level
			return true
		})
	}
}

// Gives texts the words that the component takes.
func lists(component, at string, n *node) {
	for name, child := range n.children {
		below := at + "/" + name
		for _, one := range listed {
			if strings.HasPrefix(component, one[0]) && strings.HasSuffix(below, one[1]) && (child.typ == "string" || child.typ == "list<string>") {
				child.typ = strings.Replace(one[2], "POLICY", policies, 1)
			}
		}
		lists(component, below, child)
	}
}

func (p *pack) text(expr ast.Expr) string {
	switch expr := expr.(type) {
	case *ast.BasicLit:
		text, _ := strconv.Unquote(expr.Value)
		return text
	case *ast.Ident:
		if value, ok := p.consts[expr.Name]; ok {
			return p.text(value)
		}
	case *ast.BinaryExpr:
		return p.text(expr.X) + p.text(expr.Y)
	}
	return ""
}

// Follows names to what they stand for; nil: a type of another module.
func (t tree) resolve(s spec) (spec, string) {
	name := ""
	for range 20 {
		switch expr := s.expr.(type) {
		case *ast.StarExpr:
			s.expr = expr.X
			continue
		case *ast.ParenExpr:
			s.expr = expr.X
			continue
		case *ast.Ident:
			next, ok := t[s.dir].types[expr.Name]
			if !ok {
				return s, name
			}
			name = s.dir + "." + expr.Name
			if t.decodes(s.dir, expr.Name) {
				return next, name
			}
			s = next
			continue
		case *ast.SelectorExpr:
			whole := s.in.imports[named(expr.X)]
			dir, ok := strings.CutPrefix(whole, module)
			if whole == "" {
				// The package is called otherwise than its folder.
				for _, one := range s.in.imports {
					if inner, is := strings.CutPrefix(one, module); is && t[inner] != nil && t[inner].files[0].syntax.Name.Name == named(expr.X) {
						dir, ok = inner, true
					}
				}
			}
			if !ok || t[dir] == nil {
				return spec{expr, s.in, s.dir}, whole + "." + expr.Sel.Name
			}
			next, ok := t[dir].types[expr.Sel.Name]
			if !ok {
				return spec{nil, s.in, dir}, dir + "." + expr.Sel.Name
			}
			name = dir + "." + expr.Sel.Name
			if t.decodes(dir, expr.Sel.Name) {
				return spec{next.expr, next.in, dir}, name
			}
			s = spec{next.expr, next.in, dir}
			continue
		}
		return s, name
	}
	return s, name
}

func (t tree) decodes(dir, name string) bool {
	for _, method := range []string{"UnmarshalText", "AlloyCapsule", "ConvertFrom", "UnmarshalAlloy"} {
		if t.has(dir, name, method) {
			return true
		}
	}
	return false
}

func (t tree) has(dir, name, method string) bool {
	p := t[dir]
	return p != nil && p.methods[name+"."+method] != nil
}

func split(name string) (string, string) {
	at := strings.LastIndex(name, ".")
	if at < 0 {
		return "", name
	}
	return name[:at], name[at+1:]
}

// Whether the own decoder of a type decodes the very fields of it.
func (t tree) isPlain(name string) bool {
	dir, typ := split(name)
	for _, method := range []string{"UnmarshalText", "AlloyCapsule", "ConvertFrom"} {
		if t.has(dir, typ, method) {
			return false
		}
	}
	p := t[dir]
	if p == nil || p.methods[typ+".UnmarshalAlloy"] == nil {
		return true
	}
	plain := false
	ast.Inspect(p.methods[typ+".UnmarshalAlloy"], func(n ast.Node) bool {
		if one, ok := n.(*ast.TypeSpec); ok && named(one.Type) == typ {
			plain = true
		}
		return true
	})
	return plain
}

// Returns what a block of a type takes.
func (t tree) block(s spec, name string, above []string) *node {
	s, found := t.resolve(s)
	if found != "" {
		name = found
	}
	n := &node{kind: "block"}
	if list, ok := s.expr.(*ast.ArrayType); ok && (name == "" || t.isPlain(name)) {
		inner := t.block(spec{list.Elt, s.in, s.dir}, "", above)
		inner.many = true
		return inner
	}
	fields, ok := s.expr.(*ast.StructType)
	if !ok || !t.isPlain(name) || slices.Contains(above, name) || len(above) > 12 {
		n.open = true
		return n
	}
	if name != "" {
		above = append(slices.Clone(above), name)
	}
	n.children = map[string]*node{}
	t.fields(n, fields, s, above)
	return n
}

func (t tree) fields(n *node, fields *ast.StructType, s spec, above []string) {
	for _, field := range fields.Fields.List {
		if field.Tag == nil {
			continue
		}
		tags, _ := strconv.Unquote(field.Tag.Value)
		tag, ok := lookup(tags)
		if !ok {
			continue
		}
		parts := strings.Split(tag, ",")
		has := func(flag string) bool { return slices.Contains(parts[1:], flag) }
		inner := spec{field.Type, s.in, s.dir}
		switch {
		case has("label"):
			n.label = true
		case has("squash"):
			below := t.block(inner, "", above)
			n.open = n.open || below.open
			for name, child := range below.children {
				n.children[name] = child
			}
		case has("attr"):
			n.children[parts[0]] = &node{kind: "attr", required: !has("optional"), typ: t.attribute(inner, 0)}
		case has("block"):
			child := t.block(inner, "", above)
			child.required = !has("optional")
			n.children[parts[0]] = child
		case has("enum"):
			below := t.block(inner, "", above)
			n.open = n.open || below.open
			for name, child := range below.children {
				child.required, child.many = false, true
				n.children[parts[0]+"."+name] = child
			}
		}
	}
}

func lookup(tags string) (string, bool) {
	_, rest, ok := strings.Cut(tags, `alloy:"`)
	if !ok {
		return "", false
	}
	tag, _, ok := strings.Cut(rest, `"`)
	return tag, ok
}

// Returns the type of a setting in one word.
func (t tree) attribute(s spec, depth int) string {
	s, name := t.resolve(s)
	switch name {
	case "time.Duration":
		return "duration"
	case "github.com/alecthomas/units.Base2Bytes":
		return "bytes"
	case "syntax/alloytypes.Secret", "syntax/alloytypes.OptionalSecret":
		return "secret"
	case "github.com/grafana/alloy/syntax/alloytypes.Secret", "github.com/grafana/alloy/syntax/alloytypes.OptionalSecret":
		return "secret"
	case "internal/component/otelcol.Consumer":
		return "consumer"
	}
	if one, ok := taken[name]; ok {
		return one
	}
	dir, typ := split(name)
	if p := t[dir]; p != nil && t.has(dir, typ, "UnmarshalText") {
		if !words[name] {
			return "text"
		}
		kind := "word"
		ast.Inspect(p.methods[typ+".UnmarshalText"], func(n ast.Node) bool {
			if one, ok := n.(*ast.SelectorExpr); ok && one.Sel.Name == "ToLower" {
				kind = "anycase"
			}
			return true
		})
		list := slices.Clone(p.words[typ])
		sort.Strings(list)
		return kind + "(" + strings.Join(slices.Compact(list), "|") + ")"
	}
	if t.has(dir, typ, "AlloyCapsule") && !t.has(dir, typ, "ConvertFrom") {
		return "capsule"
	}
	if name != "" && !t.isPlain(name) || depth > 4 {
		return "any"
	}
	switch expr := s.expr.(type) {
	case *ast.Ident:
		switch expr.Name {
		case "string", "bool":
			return expr.Name
		case "int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64", "float32", "float64":
			return "number"
		}
	case *ast.ArrayType:
		if named(expr.Elt) == "byte" {
			return "any"
		}
		return "list<" + t.attribute(spec{expr.Elt, s.in, s.dir}, depth+1) + ">"
	case *ast.MapType:
		if named(expr.Key) == "string" {
			return "map<" + t.attribute(spec{expr.Value, s.in, s.dir}, depth+1) + ">"
		}
	}
	return "any"
}
