package roles

import (
	"os/exec"
	"strings"
	"testing"

	"foobar/internal/resource"
	"foobar/internal/secret"
	"foobar/inventory"
)

func TestRedirectsOfNginx(t *testing.T) {
	s, h := allInOne(t)
	s.Inv.Web.Redirects = []inventory.Redirect{
		{From: "/old.html", To: "/new", Status: 301},
		{From: "/blog/*", To: "/news/*", Status: 301},
		{From: "/shop/*", To: "https://shop.example.com/?from=us", Status: 302},
		{From: "/faq", To: "/help#faq", Status: 301},
		{From: "foobar.com", To: "www.foobar.com", Status: 301},
	}
	text := fileText(t, wanted(t, Nginx{}, s, h), nginxConf)
	for _, want := range []string{
		"map $host $named_2 {\n    default \"\";\n    foobar.com \"https://www.foobar.com$request_uri\";\n  }",
		"map $request_uri $moved_0 {\n    default $named_0;\n    \"~^/healthz(\\?|$)\" \"\";\n" +
			"    \"~^/old\\.html(\\?|$)\" \"/new$is_args$args\";\n    \"~^/blog/(?<rest>[^?]*)\" \"/news/$rest$is_args$args\";\n  }",
		"\"~^/shop/(?<rest>[^?]*)\" \"https://shop.example.com/?from=us\";",
		"    \"~^/faq(\\?|$)\" \"/help$is_args$args#faq\";\n  }",
		"    if ($moved_0) { return 301 $moved_0; }\n    if ($moved_1) { return 302 $moved_1; }\n    if ($moved_2) { return 301 $moved_2; }\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
}

func TestPasswordsOfNginx(t *testing.T) {
	s, h := allInOne(t)
	if have := wanted(t, Nginx{}, s, h); have[resource.NewID("file", nginxUsers)] != nil || strings.Contains(fileText(t, have, nginxConf), "auth_basic") {
		t.Error("without users a password is asked for")
	}
	s.Inv.Web.Auth = inventory.Auth{Paths: []string{"/staging/", "/a.b"}, Users: map[string]inventory.Source{"alice": {Env: "A"}, "bob": {Env: "B"}}}
	s.Secrets["web.auth.users.alice"], s.Secrets["web.auth.users.bob"] = secret.New("right horse"), secret.New("right horse")
	have := wanted(t, Nginx{}, s, h)
	f, ok := have[resource.NewID("file", nginxUsers)].(resource.File)
	if !ok || !f.Secret || f.Mode != 0o640 || f.Group != "www-data" {
		t.Fatalf("the file of the users is %+v", f)
	}
	lines := strings.Fields(string(f.Content))
	if len(lines) != 2 || strings.Contains(string(f.Content), "horse") || strings.TrimPrefix(lines[0], "alice:") == strings.TrimPrefix(lines[1], "bob:") {
		t.Fatalf("the users are %q", lines)
	}
	for _, line := range lines {
		parts := strings.Split(line, "$") // user:, 6, salt, hash
		cmd := exec.Command("openssl", "passwd", "-6", "-salt", parts[2], "-stdin")
		cmd.Stdin = strings.NewReader("right horse\n")
		if out, err := cmd.Output(); err != nil || !strings.HasSuffix(line, ":"+strings.TrimSpace(string(out))) {
			t.Errorf("%s is hashed as %s: %v", line, out, err)
		}
	}
	text := fileText(t, have, nginxConf)
	for _, want := range []string{
		"map $uri $realm {\n    default off;\n    \"~^/healthz$\" off;\n    \"~^/staging(/|$)\" \"www.foobar.com\";\n    \"~^/a\\.b(/|$)\" \"www.foobar.com\";\n  }",
		"auth_basic $realm;\n    auth_basic_user_file " + nginxUsers + ";\n    proxy_set_header Authorization $app_authorization;\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	s.Inv.Web.Auth.Paths = []string{"/staging", "/"}
	if text := fileText(t, wanted(t, Nginx{}, s, h), nginxConf); !strings.Contains(text, "map $uri $realm {\n    default \"www.foobar.com\";\n    \"~^/healthz$\" off;\n  }") {
		t.Errorf("not all of the site asks for a password:\n%s", text)
	}
}
