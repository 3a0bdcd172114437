# make demo       four throw-away hosts on this machine, deployed to, with a page to look at
# make test       what proves that it works: units, then the binary against lab hosts
# make gauntlet   everything, long and rarely broken: both databases in full, kills at each step
# make release    binaries, packages, bills of materials and digests into dist/
# The first three need root on Debian 12 or 13 with Go, and install what else they need.

GO ?= go
export CGO_ENABLED = 0
# One set of flags, so that the standard library is compiled once.
export GOFLAGS := $(strip $(filter-out -trimpath,$(shell $(GO) env GOFLAGS)) -trimpath)
# For the compiler alone: it collects its garbage when it holds a gigabyte.
COMPILER = GOGC=off GOMEMLIMIT=1GiB

.PHONY: browser build demo test unit labtest gauntlet figures labtest-one bench scale audit fuzz fuzz-brief clean tools release release-test pictures

build: bin/foobar

bin/foobar: FORCE
	$(COMPILER) $(GO) build -o bin/foobar ./cmd/foobar

FORCE:

# What the lab needs on this machine, by program and package.
tools:
	@want=; \
	for p in systemd-nspawn:systemd-container mmdebstrap:mmdebstrap ip:iproute2 nsenter:util-linux curl:curl \
	         ssh-keygen:openssh-client openssl:openssl dpkg-deb:dpkg shellcheck:shellcheck python3:python3-minimal tmux:tmux script:bsdutils; do \
	  command -v $${p%%:*} >/dev/null || want="$$want $${p##*:}"; \
	done; \
	[ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || want="$$want debian-archive-keyring"; \
	[ -z "$$want" ] || { [ "$$(id -u)" = 0 ] || { echo "these packages are needed:$$want; run as root to have them installed" >&2; exit 1; }; \
	  echo "installing$$want"; apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q -y install $$want; }

# What only the gauntlet needs.
browser:
	@command -v chromium-headless-shell >/dev/null || { [ "$$(id -u)" = 0 ] || { echo "chromium-headless-shell is needed; run as root to have it installed" >&2; exit 1; }; \
	  apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install chromium-headless-shell; }

demo:
	@$(MAKE) --no-print-directory -j2 tools build
	@bench/demo.sh

unit:
	$(GO) vet ./...
	$(GO) -C release vet ./...
	FOOBAR_SHELLCHECK=needed $(GO) tool gotestsum --format standard-quiet --jsonfile bin/unit.json -- -vet=off -timeout 60m ./...
	@$(MAKE) --no-print-directory --silent fuzz-brief

labtest: tools build
	FOOBAR_BIN=$(CURDIR)/bin/foobar GO="$(GO)" cmd/foobar/labtest/run.sh

# One lab test with the first deploy and the app's first row, which nearly all need:
# make labtest-one RUN=TestB1
labtest-one: tools build
	FOOBAR_BIN=$(CURDIR)/bin/foobar GO="$(GO)" cmd/foobar/labtest/run.sh -test.run 'TestA2|TestA4|$(RUN)'

test: tools build
	@began=$$(date +%s); rm -f bin/*.json; r=0; \
	$(MAKE) --no-print-directory unit && $(MAKE) --no-print-directory labtest || r=$$?; \
	$(MAKE) --no-print-directory --silent figures BEGAN=$$began; exit $$r

# Before a release, and after changes of what it covers. What make test runs is part of it.
# A part of it: make gauntlet RUN='TestS|TestU', the lab tests of these names alone.
gauntlet: tools browser build
	@began=$$(date +%s); rm -f bin/*.json; r=0; \
	$(if $(RUN),,$(MAKE) --no-print-directory unit && $(MAKE) --no-print-directory release-test &&) \
	FOOBAR_BIN=$(CURDIR)/bin/foobar GO="$(GO)" cmd/foobar/labtest/run.sh -tags lab,gauntlet $(if $(RUN),-test.run 'TestA2|TestA4|$(RUN)') || r=$$?; \
	echo "what writing through the app cost while the databases were moved, killed and filled:"; \
	sed -n 's/.*"Test":"\([^"]*\)".*"Output":" *[a-z_]*_test.go:[0-9]*: \(.*notes acknowledged.*\|.*a gigabyte in.*\)\\n".*/  \1: \2/p' bin/lab.json; \
	$(MAKE) --no-print-directory --silent figures BEGAN=$$began; exit $$r

# What took the longest, and how it ended.
figures:
	@echo; echo "the slowest tests:"; cat bin/unit.json bin/release.json bin/lab.json >bin/all.json 2>/dev/null || :; \
	$(GO) tool gotestsum tool slowest --jsonfile bin/all.json --threshold 1s | sed -n 1,15p; \
	count() { grep "\"Action\":\"$$1\"" bin/all.json | grep -c '"Test":'; }; \
	echo "all of it took $$(( $$(date +%s) - $(BEGAN) )) s"; \
	echo "$$(count pass) passed, $$(count fail || :) failed"

# foobar beside a hand-written floor, pyinfra and tuned Ansible: up to an hour, on labs of
# its own. What it measures stays in bin/bench, and goes into the README with BENCH=keep.
# RUNS=1 RTTS=0 is a brief one; TOOLS and WORKS choose who does what.
RUNS ?= 5
RTTS ?= 0,20,100
TOOLS ?= floor,foobar,pyinfra,ansible
WORKS ?= $(if $(filter 1,$(RUNS)),,first,)converged,plan,repair,release
MEASURED = $(shell git describe --tags --always --dirty) of $(shell git log -1 --format=%cs)
bench: tools build
	$(GO) build -o bin/race ./bench/race
	TOOLS="$(TOOLS)" bench/peers/install.sh
	bin/race run -runs $(RUNS) -rtts "$(RTTS)" -tools "$(TOOLS)" -works "$(WORKS)" >bin/bench/results.jsonl
	cp README.md bin/bench/README.md && bin/race draw bin/bench/README.md bin/bench "$(MEASURED)" <bin/bench/results.jsonl
	@sed -n '/<!-- bench begins -->/,/<!-- bench ends -->/p' bin/bench/README.md
	$(if $(filter keep,$(BENCH)),bin/race draw README.md docs "$(MEASURED)" <bin/bench/results.jsonl)

# What many hosts cost the controller, with recorded answers; into the README with
# BENCH=keep. bench/scale/record.sh records them anew.
scale: build
	@mkdir -p bin/bench
	$(GO) build -o bin/race ./bench/race
	FOOBAR_BIN=$(CURDIR)/bin/foobar $(GO) test -run '^$$' -bench Plan -benchtime 1x -count 3 ./bench/scale >bin/bench/scale.txt
	cp README.md bin/bench/README.md && bin/race scale bin/bench/README.md bin/bench <bin/bench/scale.txt
	@sed -n '/<!-- scale begins -->/,/<!-- scale ends -->/p' bin/bench/README.md
	$(if $(filter keep,$(BENCH)),bin/race scale README.md docs <bin/bench/scale.txt)

# What independent auditors say of a deployed lab; the summary goes into docs/security.md.
audit: tools build
	@want=; for p in testssl:testssl.sh nmap:nmap ssh-audit:ssh-audit; do command -v $${p%%:*} >/dev/null || want="$$want $${p##*:}"; done; \
	[ -z "$$want" ] || { apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends $$want; }
	bench/audit.sh

# The same commit, with the same Go, gives the same bytes; release-test proves it for
# every system, from nothing that is compiled already.
release:
	GO="$(GO)" $(GO) -C release run . -out ../dist $(if $(MAINTAINER),-maintainer "$(MAINTAINER)")

release-test:
	@command -v rpm >/dev/null || [ "$$(id -u)" != 0 ] || { apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q -y install rpm; }
	$(GO) -C release vet ./...
	@gotestsum=$$($(GO) tool -n gotestsum); cd release && $$gotestsum --format standard-quiet --jsonfile ../bin/release.json -- -count=1 -timeout 2h ./...

# The README's pictures, from a run in a lab of its own.
pictures: tools build
	bench/pictures.sh

# Every parser of what others write, and the quoting, against what a machine thinks
# up: FUZZTIME for each. Their examples run with the units.
FUZZTIME ?= 30s
fuzzers = grep -rHo --include=*_test.go '^func Fuzz[A-Za-z0-9_]*' cmd internal inventory playbooks roles tui | sed 's|/[^/]*:func | |' | sort -u
fuzz:
	@$(fuzzers) | while read -r p f; do \
	  echo "$$f of $$p"; \
	  $(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) ./$$p </dev/null || exit 1; \
	done

# A few hundred inputs each, as a part of make unit: without what guides a long
# search, which takes minutes to compile.
fuzz-brief:
	@rm -rf bin/fuzz && mkdir -p bin/fuzz; $(fuzzers) | { n=0; while read -r p f; do \
	  b=$(CURDIR)/bin/fuzz/$$(echo $$p | tr / -); n=$$((n+1)); \
	  [ -e $$b ] || $(GO) test -c -ldflags="-s -w" -o $$b ./$$p || exit 1; \
	  (cd $$p && $$b -test.run '^$$' -test.fuzz "^$$f\$$" -test.fuzztime 300x -test.fuzzcachedir $(CURDIR)/bin/fuzz/cache) </dev/null >bin/fuzz/said 2>&1 || { cat bin/fuzz/said; exit 1; }; \
	done; echo "300 inputs made up for each of $$n parsers: nothing found"; }

clean:
	rm -rf bin dist
