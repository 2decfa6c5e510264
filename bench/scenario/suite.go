package scenario

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml/ast"

	"forktax/bench/subject"
)

// Keys of a suite, for which there are no flags.
const (
	AboutKey      = "about"
	GroupsKey     = "groups"
	ContendersKey = "contenders"
)

// A Suite is the part of a scenario that lists contenders, which are compared within their groups.
type Suite struct {
	About      string
	Groups     []Group
	Contenders []Contender
	Baseline   string // the contender of each group with which the others are compared
}

// A Group is a task: all its contenders respond to the same requests with the same responses.
type Group struct {
	At       string // place in the file
	Name     string
	About    string // one sentence for those who run the program
	Workload string // workload program that defines the request, the response and the data, as NAME or NAME/REQUEST
	subject.Spec
	ExpectBody string // expected body; "" if it is learnt from the baseline
	Setup
}

// A Setup is what a group or a contender needs before it is started.
type Setup struct {
	Prepare  string   // shell command that makes files in the directory of the group
	Needs    []string // programs and files
	Packages string   // Debian packages that contain them
	Install  string   // command that installs them, if they are in no package
	Version  string   // shell command that prints a version
}

var (
	setupKeys = []string{"prepare", "needs", "packages", "install", "version"}
	groupKeys = append([]string{"about", "workload", "requests", "mask", "expect-status", "expect-body"},
		setupKeys...)
	kindKeys      = []string{"cgi", "command", "url", "server", "module", "model"}
	contenderKeys = slices.Concat([]string{"group", "name", "title"}, kindKeys,
		[]string{"args", "file", "files", "recycle", "manager", "env", "root", "twin", limitsKey}, setupKeys)
)

// Limits of a suite, far above what one needs.
const (
	maxContenders = 1000
	maxRecycle    = 1_000_000
)

// about reads the description of a suite.
func (s scenario) about(n ast.Node) (string, error) {
	text, ok := scalar(n)
	if !ok || text == "" {
		return "", s.wrong(position(n), "%s: must be text", AboutKey)
	}
	return text, nil
}

// groups reads the value of the key: a mapping of names to groups.
func (s scenario) groups(n ast.Node) (groups []Group, err error) {
	keys, ok := n.(ast.MapNode)
	if !ok {
		return nil, s.wrong(position(n), "%s: must be names with keys, such as %[1]s: {hello: {requests: [/]}}", GroupsKey)
	}
	for i := keys.MapRange(); i.Next(); {
		key := i.Key().GetToken()
		g := Group{At: s.at(key.Position), Name: key.Value}
		if needed := readName(&g.Name, i.Key()); needed != "" {
			return nil, s.wrong(key.Position, "%q: %s", key.Value, needed)
		}
		if slices.ContainsFunc(groups, func(other Group) bool { return other.Name == g.Name }) {
			return nil, s.wrong(key.Position, "duplicate group %q", g.Name)
		}
		var failed error
		err := s.keys(i.Value(), "a group", "{requests: [/], mask: ['[0-9]+ ms']}", groupKeys,
			func(key string, value ast.Node) string {
				if key == RequestsKey {
					g.Weighted, _, failed = s.requests(value)
					return ""
				}
				return g.read(key, value)
			})
		if err == nil {
			err = failed
		}
		if err == nil {
			err = s.invalid(g.At, g.Validate())
		}
		if err == nil && g.Workload != "" && (len(g.Weighted) > 0 || g.ExpectBody != "" || g.ExpectStatus != 0) {
			err = s.wrong(position(i.Value()), "%q has a workload, which defines its request and response: remove one of "+
				"them", g.Name)
		}
		if err != nil {
			return nil, err
		}
		groups = append(groups, g)
	}
	return groups, nil
}

// invalid returns the error of an invalid option as one of the group at this place.
func (s scenario) invalid(at string, err error) error {
	if err == nil {
		return nil
	}
	if option := new(subject.OptionError); errors.As(err, &option) {
		return option.At(at)
	}
	return subject.Unusable("%s: %w", at, err)
}

// read sets the field of a key. If the value is invalid, it returns the requirement.
func (g *Group) read(key string, value ast.Node) (needed string) {
	text, ok := scalar(value)
	switch key {
	case "about":
		g.About, needed = text, "must be text"
	case "workload":
		g.Workload, needed = text, "must be the name of a workload, such as hello or guestbook/read"
		ok = ok && text != ""
	case "expect-body":
		g.ExpectBody, needed = text, "must be text that is not empty"
		ok = ok && text != ""
	case "expect-status":
		number, err := strconv.Atoi(text)
		g.ExpectStatus, ok, needed = number, ok && err == nil, "must be a status from 200 to 599"
	case "mask":
		g.Masks, ok = textsOf(value)
		needed = "must be regular expressions"
	default:
		return g.Setup.read(key, value)
	}
	if ok {
		return ""
	}
	return needed
}

func (u *Setup) read(key string, value ast.Node) (needed string) {
	text, ok := scalar(value)
	switch key {
	case "prepare":
		u.Prepare, needed = text, "must be a shell command"
	case "needs":
		u.Needs, ok = textsOf(value)
		needed = "must be names of programs, or paths of files"
	case "packages":
		u.Packages, needed = text, "must be names of packages, separated by blanks"
	case "version":
		u.Version, needed = text, "must be a shell command"
	case "install":
		u.Install, needed = text, "must be a command"
	}
	if ok {
		return ""
	}
	return needed
}

// readName sets name to the text of the node. If it is not a name, it returns the requirement.
func readName(name *string, n ast.Node) (needed string) {
	text, ok := scalar(n)
	if *name = text; ok && text == strings.TrimSpace(text) && text != "" && text != subject.FloorWorkload &&
		!strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) || r == '|' }) {
		return ""
	}
	return fmt.Sprintf("must be a name of printable characters, without |, other than %s", subject.FloorWorkload)
}

// textsOf returns the elements of a list of plain values, or a single value.
func textsOf(n ast.Node) (texts []string, ok bool) {
	nodes := []ast.Node{n}
	if list, ok := n.(*ast.SequenceNode); ok {
		nodes = list.Values
	}
	for _, n := range nodes {
		text, ok := scalar(n)
		if !ok || text == "" {
			return nil, false
		}
		texts = append(texts, text)
	}
	return texts, len(texts) > 0
}

// complete returns the suite of the file; nil if it has no contenders. Each contender has a group, and each group has
// contenders, the baseline first: by default that is the first contender of the file.
func (s scenario) complete(suite Suite, baseline string, begin string) (*Suite, error) {
	switch {
	case len(suite.Contenders) > 0:
	case suite.About != "" || len(suite.Groups) > 0:
		return nil, subject.Unusable("%s: the key %s is missing: about and groups describe contenders", begin,
			ContendersKey)
	default:
		return nil, nil
	}
	baseline = cmp.Or(baseline, suite.Contenders[0].Name)
	suite.Baseline = baseline
	declared := len(suite.Groups) > 0
	for i := range suite.Contenders {
		c := &suite.Contenders[i]
		at := slices.IndexFunc(suite.Groups, func(g Group) bool { return g.Name == c.Group })
		if at < 0 && declared && c.Group != "" {
			return nil, subject.Unusable("%s: %q: the group %q does not exist: use one of %s", c.At, c.Name, c.Group,
				strings.Join(groupNames(suite.Groups), ", "))
		}
		if at < 0 {
			if c.Group == "" {
				c.Group = nameOf(string(s))
			}
			if at = slices.IndexFunc(suite.Groups, func(g Group) bool { return g.Name == c.Group }); at < 0 {
				suite.Groups = append(suite.Groups, Group{At: c.At, Name: c.Group})
				at = len(suite.Groups) - 1
			}
		}
		if c.Model != "" && c.CGI+c.Module == "" && suite.Groups[at].Workload == "" {
			return nil, subject.Unusable("%s: %q: a model needs a group with the key workload", c.At, c.Name)
		}
	}
	for _, c := range suite.Contenders {
		if c.Twin != "" && !slices.ContainsFunc(suite.Contenders, func(other Contender) bool {
			return other.Group == c.Group && other.Name == c.Twin && other.Name != c.Name
		}) {
			return nil, subject.Unusable("%s: %q: twin: the group has no other contender %q", c.At, c.Name, c.Twin)
		}
	}
	for _, g := range suite.Groups {
		if hasWeights(g.Weighted) {
			return nil, subject.Unusable("%s: %s", g.At, noWeights)
		}
		isHere := func(c Contender) bool { return c.Group == g.Name }
		switch first := slices.IndexFunc(suite.Contenders, isHere); {
		case first < 0:
			return nil, subject.Unusable("%s: the group %q has no contenders: add one, or remove it", g.At, g.Name)
		case !slices.ContainsFunc(suite.Contenders, func(c Contender) bool { return isHere(c) && c.Name == baseline }):
			return nil, subject.Unusable("%s: the group %q has no contender %q, which is the baseline of each group: give one "+
				"this name, or set the key baseline", suite.Contenders[first].At, g.Name, baseline)
		}
	}
	order := map[string]int{}
	for i, g := range suite.Groups {
		order[g.Name] = i
	}
	slices.SortStableFunc(suite.Contenders, func(a, b Contender) int {
		rank := func(c Contender) int {
			if c.Name == baseline {
				return 2 * order[c.Group]
			}
			return 2*order[c.Group] + 1
		}
		return rank(a) - rank(b)
	})
	return &suite, nil
}

// noWeights is the error of a mix in a suite.
const noWeights = "a suite measures each request by itself, and no mix: remove the key weight"

func hasWeights(requests []subject.Weighted) bool {
	return slices.ContainsFunc(requests, func(r subject.Weighted) bool { return r.Weight > 0 })
}

func groupNames(groups []Group) (names []string) {
	for _, g := range groups {
		names = append(names, g.Name)
	}
	return names
}
