package subject_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/subject"
	"forktax/workload/contract"
)

func TestAsk(t *testing.T) {
	file := filepath.Join(t.TempDir(), "body")
	if err := os.WriteFile(file, []byte("from=file"), 0o600); err != nil {
		t.Fatal(err)
	}
	form := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	none := map[string]string{}
	described := []contract.Request{
		{Name: "read", Method: "GET", Path: "/read", Want: contract.Want{Body: "hi"}},
		{Name: "sign", Method: "POST", Path: "/sign", Headers: map[string]string{"content-type": "text/plain"}, Body: "a"},
	}
	for name, test := range map[string]struct {
		spec      subject.Spec
		described []contract.Request
		want      []subject.Asked
	}{
		"nothing": {want: []subject.Asked{
			{Request: contract.Request{Name: "GET /", Method: "GET", Path: "/", Headers: none}, Learn: true}}},
		"a body is a form": {spec: subject.Spec{Body: "a=b", ExpectStatus: 201},
			want: []subject.Asked{{Request: contract.Request{Name: "POST /", Method: "POST", Path: "/", Headers: form,
				Body: "a=b"}, Learn: true, Status: 201}}},
		"a file with a type": {spec: subject.Spec{BodyFile: file, Headers: []string{"content-type: text/csv"}},
			want: []subject.Asked{{Request: contract.Request{Name: "POST /", Method: "POST", Path: "/", Body: "from=file",
				Headers: map[string]string{"Content-Type": "text/csv"}}, Learn: true}}},
		"several, with repeated headers": {
			spec: subject.Spec{Requests: []string{"/a?x=1,2", "PUT /b", "/c"},
				Headers: []string{"X-A: 1", "x-a: 2", "Cookie: a=1", "Cookie: b=2"}},
			want: asked(map[string]string{"X-A": "1, 2", "Cookie": "a=1; b=2"}, "GET /a?x=1,2", "PUT /b", "GET /c")},
		"all described requests": {described: described, spec: subject.Spec{Masks: []string{"[0-9]+"}},
			want: []subject.Asked{
				{Request: contract.Request{Name: "read", Method: "GET", Path: "/read", Headers: none,
					Want: contract.Want{Body: "hi", Masks: []string{"[0-9]+"}}}},
				{Request: contract.Request{Name: "sign", Method: "POST", Path: "/sign", Body: "a",
					Headers: map[string]string{"Content-Type": "text/plain"}, Want: contract.Want{Masks: []string{"[0-9]+"}}}}}},
		"a described request with another body": {described: described,
			spec: subject.Spec{Requests: []string{"sign"}, Body: "b"},
			want: []subject.Asked{{Request: contract.Request{Name: "sign", Method: "POST", Path: "/sign", Body: "b",
				Headers: map[string]string{"Content-Type": "text/plain"}}, Learn: true}}},
		"a path that is not described": {described: described, spec: subject.Spec{Requests: []string{"/other"}},
			want: asked(none, "GET /other")},
		"a mix": {
			spec: subject.Spec{Weighted: []subject.Weighted{{Request: "/", Weight: 9},
				{Request: "/sign", Body: "a=b", ExpectStatus: 303}}},
			want: []subject.Asked{
				{Request: contract.Request{Name: "GET /", Method: "GET", Path: "/", Headers: none, Weight: 9}, Learn: true},
				{Request: contract.Request{Name: "POST /sign", Method: "POST", Path: "/sign", Headers: form, Body: "a=b"},
					Learn: true, Status: 303}}},
		"below the root": {spec: subject.Spec{Root: "/app/", Requests: []string{"/app", "/app/x", "/app?q"}},
			want: asked(none, "GET /app", "GET /app/x", "GET /app?q")},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := test.spec.Ask(test.described, "/")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("Ask (-want +got):\n%s", diff)
			}
		})
	}
}

// asked returns requests with unknown expected responses. Each line is a method and a path, and the name.
func asked(headers map[string]string, lines ...string) (all []subject.Asked) {
	for _, line := range lines {
		words := strings.Fields(line)
		all = append(all, subject.Asked{Learn: true,
			Request: contract.Request{Name: line, Method: words[0], Path: words[1], Headers: headers}})
	}
	return all
}

func TestInvalidSpec(t *testing.T) {
	t.Setenv("FORKTAX_TEST_SET", "1")
	described := []contract.Request{{Name: "read"}, {Name: "sign"}}
	for want, test := range map[string]struct {
		spec      subject.Spec
		described []contract.Request
	}{
		`--root "app": must be a path that begins with /`: {spec: subject.Spec{Root: "app"}},
		`--dir /nowhere does not exist`:                   {spec: subject.Spec{Dir: "/nowhere"}},
		`--documents spec_test.go is not a directory`:     {spec: subject.Spec{Documents: "spec_test.go"}},
		`--env FORKTAX_TEST_UNSET: the variable is not set in this environment`: {
			spec: subject.Spec{Env: []string{"FORKTAX_TEST_SET", "FORKTAX_TEST_UNSET"}}},
		`--env "A B": must be NAME or NAME=VALUE`:          {spec: subject.Spec{Env: []string{"A B=secret"}}},
		`--body-file cannot be combined with --body`:       {spec: subject.Spec{Body: "a", BodyFile: "b"}},
		`--body-file open nowhere: no such file`:           {spec: subject.Spec{BodyFile: "nowhere"}},
		`--body-file open .: it is a directory`:            {spec: subject.Spec{BodyFile: "."}},
		`--expect-status 99: must be a status from 200 to`: {spec: subject.Spec{ExpectStatus: 99}},
		`--ignore-header "Set Cookie": must be the name of a header`: {
			spec: subject.Spec{IgnoreHeaders: []string{"Set Cookie"}}},
		`--mask "(": error parsing regexp: missing closing )`: {spec: subject.Spec{Masks: []string{"a", "("}}},
		`--header "Accept": must be a name, a colon and a value`: {
			spec: subject.Spec{Headers: []string{"Accept"}}},
		`--header Content-Length: the load generator sets this header`: {
			spec: subject.Spec{Headers: []string{"content-length: 3"}}},
		`--header X-A: the value has a line end`: {spec: subject.Spec{Headers: []string{"X-A: secret\r\nX-B: 1"}}},
		`--request "index": must be a path that begins with /`: {
			spec: subject.Spec{Requests: []string{"index"}}},
		`--request "wite" is unknown: use one of read, sign`: {
			spec: subject.Spec{Requests: []string{"wite"}}, described: described},
		`--request "/a /b": cannot send the method "/a"`: {spec: subject.Spec{Requests: []string{"/a /b"}}},
		`--request "CONNECT /": cannot send the method "CONNECT"`: {
			spec: subject.Spec{Requests: []string{"CONNECT /"}}},
		`--request "GET /a b": blanks`: {spec: subject.Spec{Requests: []string{"GET /a b"}}},
		`--request "/ä": blanks`:       {spec: subject.Spec{Requests: []string{"/ä"}}},
		`--request "/a#b": blanks`:     {spec: subject.Spec{Requests: []string{"/a#b"}}},
		`--request "/application": the path must be below --root /app`: {
			spec: subject.Spec{Root: "/app", Requests: []string{"/application"}}},
	} {
		err := test.spec.Validate()
		if err == nil {
			_, err = test.spec.Ask(test.described, "/")
		}
		var invalid *subject.OptionError
		if !errors.As(err, &invalid) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%+v: %v, want an *OptionError: %s", test.spec, err, want)
		}
	}
}

func TestHosted(t *testing.T) {
	t.Setenv("FORKTAX_TEST_SET", "here,and=there")
	s := subject.Spec{Root: "/app/", Dir: ".", Authorization: true,
		Env: []string{"FORKTAX_TEST_SET", "LANGUAGES=en,de", "EMPTY="}}
	got, err := s.Hosted("spec_test.go")
	if err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"FORKTAX_TEST_SET": "here,and=there", "LANGUAGES": "en,de", "EMPTY": "",
		contract.EnvScriptEnv: "EMPTY,FORKTAX_TEST_SET,LANGUAGES", contract.EnvScriptRoot: "/app",
		contract.EnvScriptDir: here, contract.EnvScriptAuthorization: "1",
		contract.EnvScriptPath: filepath.Join(here, "spec_test.go"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Hosted (-want +got):\n%s", diff)
	}
}

func TestRedactRequest(t *testing.T) {
	r := contract.Request{Name: "sign", Method: "POST", Path: "/", Body: "password=1",
		Headers: map[string]string{"authorization": "Basic c2VjcmV0", "Cookie": "id=secret", "Accept": "text/html"},
		Want:    contract.Want{Headers: map[string]string{"Set-Cookie": "secret"}, Body: "secret"}}
	got := subject.RedactRequest(r)
	hash := func(text string) string { return subject.Hash([]byte(text)) }
	want := contract.Request{Name: "sign", Method: "POST", Path: "/", BodySHA256: hash("password=1"),
		Headers: map[string]string{"authorization": "sha256:" + hash("Basic c2VjcmV0"),
			"Cookie": "sha256:" + hash("id=secret"), "Accept": "text/html"},
		Want: contract.Want{Headers: map[string]string{"Set-Cookie": "sha256:" + hash("secret")}, BodySHA256: hash("secret")}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("RedactRequest (-want +got):\n%s", diff)
	}
	if r.Headers["Cookie"] != "id=secret" || r.Body == "" {
		t.Errorf("RedactRequest changed its argument: %+v", r)
	}
}
