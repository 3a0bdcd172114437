# make demo   four throw-away hosts on this machine, deployed to, with a page to look at
# make test   everything there is to test: units, then the binary against lab hosts
# make release   binaries, packages, bills of materials and digests into dist/
# The first two need root on Debian 12 or 13 with Go, and install what else they need.

GO ?= go
export CGO_ENABLED = 0

.PHONY: build demo test unit labtest bench fuzz clean tools release release-test pictures

build: bin/foobar

bin/foobar: FORCE
	$(GO) build -trimpath -o bin/foobar ./cmd/foobar

FORCE:

# What the lab needs on this machine, by program and package.
tools:
	@want=; \
	for p in systemd-nspawn:systemd-container mmdebstrap:mmdebstrap ip:iproute2 nsenter:util-linux curl:curl \
	         ssh-keygen:openssh-client openssl:openssl dpkg-deb:dpkg python3:python3-minimal tmux:tmux script:bsdutils; do \
	  command -v $${p%%:*} >/dev/null || want="$$want $${p##*:}"; \
	done; \
	[ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || want="$$want debian-archive-keyring"; \
	[ -z "$$want" ] || { [ "$$(id -u)" = 0 ] || { echo "these packages are needed:$$want; run as root to have them installed" >&2; exit 1; }; \
	  echo "installing$$want"; apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q -y install $$want; }

demo: tools build
	@bench/demo.sh

unit:
	$(GO) vet ./...
	$(GO) tool gotestsum --format standard-quiet --jsonfile bin/unit.json -- ./...
	@$(GO) tool gotestsum tool slowest --jsonfile bin/unit.json --threshold 2s

	$(GO) -C release vet ./...
	@gotestsum=$$($(GO) tool -n gotestsum); cd release && $$gotestsum --format standard-quiet --jsonfile ../bin/release.json -- -short ./...

labtest: tools build
	FOOBAR_BIN=$(CURDIR)/bin/foobar $(GO) tool gotestsum --format testname --jsonfile bin/lab.json -- -tags lab -count=1 -timeout 45m ./cmd/foobar/labtest
	@$(GO) tool gotestsum tool slowest --jsonfile bin/lab.json --threshold 10s
	@echo "what writing through the app cost while the databases were moved, killed and filled:"
	@sed -n 's/.*"Test":"\([^"]*\)".*"Output":" *[a-z_]*_test.go:[0-9]*: \(.*notes acknowledged.*\|.*a gigabyte in.*\)\\n".*/  \1: \2/p' bin/lab.json

test: tools build unit labtest
	@count() { cat bin/unit.json bin/release.json bin/lab.json | grep "\"Action\":\"$$1\"" | grep -c '"Test":'; }; \
	echo "$$(count pass) passed, $$(count fail || :) failed"

bench: tools build
	bench/noop.sh

# The same commit, with the same Go, gives the same bytes; release-test proves it for
# every system, from nothing that is compiled already.
release:
	GO="$(GO)" $(GO) -C release run . -out ../dist $(if $(MAINTAINER),-maintainer "$(MAINTAINER)")

release-test:
	@command -v rpm >/dev/null || [ "$$(id -u)" != 0 ] || { apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q -y install rpm; }
	$(GO) -C release vet ./...
	$(GO) -C release test -count=1 -timeout 30m -v ./...

# The README's pictures, from a run in a lab of its own.
pictures: tools build
	bench/pictures.sh

# Every parser of what others write, and the quoting, against what a machine thinks
# up: FUZZTIME for each. Their examples run with the units.
FUZZTIME ?= 30s
fuzz:
	@grep -rHo --include=*_test.go '^func Fuzz[A-Za-z0-9_]*' cmd internal inventory playbooks roles tui | sed 's|/[^/]*:func | |' | sort -u | \
	while read -r p f; do \
	  echo "$$f of $$p"; \
	  $(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) ./$$p </dev/null || exit 1; \
	done

clean:
	rm -rf bin dist
