# Everything here runs on a machine with Rust, Node and Python; what else is needed is installed by the targets.

CARGO ?= cargo
DATA ?= osmtracker-demo
LISTEN ?= 127.0.0.1:8080
LOCALCLOUD ?= python

# What functions are built for: arm64, the cheaper one, or x86_64.
ARCH ?= arm64
TARGET = $(if $(filter arm64,$(ARCH)),aarch64,$(ARCH))-unknown-linux-gnu
HOST_ARCH = $(subst aarch64,arm64,$(shell uname -m))
FUNCTIONS = tracker filter analyser publisher supervisor api search notifier
# The library of the search index has the plain name.
PACKAGES = $(patsubst %-search,%-search-function,$(addprefix osmtracker-,$(FUNCTIONS)))
VENV = target/localcloud/venv
API_VENV = target/api/venv
# Where Terraform's AWS provider lies, on a machine that cannot reach the registry.
TERRAFORM_PLUGIN_DIR ?= $(shell find / -xdev -maxdepth 9 -path '*/registry.terraform.io/hashicorp/aws/*' \
	-name 'terraform-provider-aws_*' -print -quit 2>/dev/null | sed 's|/registry.terraform.io/.*||')

.PHONY: demo test check bench tools site check-site test-site test-api package localcloud localcloud-tools check-terraform figures \
	monitoring-tools dashboards check-monitoring check-monitoring-files

# Replays real edits of a small island through the whole pipeline, and serves the site.
demo:
	$(CARGO) run --locked -p osmtracker --no-default-features -- demo --data $(DATA) --listen $(LISTEN)

# Installs what the tests need and runs them, those in a browser last.
test: tools localcloud-tools check check-site check-terraform check-monitoring-files
	$(MAKE) package ARCH=$(HOST_ARCH)
	TERRAFORM_PLUGIN_DIR=$(TERRAFORM_PLUGIN_DIR) $(CARGO) nextest run --workspace --locked --no-fail-fast
	$(CARGO) test --workspace --locked --doc
	$(MAKE) test-site
	$(MAKE) test-api

# Format, lints and documentation, without running anything.
check:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --locked

# Figures for docs/performance.md.
bench:
	$(CARGO) bench --workspace --locked

# Figures of the local cloud for docs/performance.md, from packages built before with `make package ARCH=...`.
figures: localcloud-tools
	OSMTRACKER_TEST_FIGURES=1 TERRAFORM_PLUGIN_DIR=$(TERRAFORM_PLUGIN_DIR) \
		$(CARGO) nextest run --workspace --locked --no-capture -E 'test(figures_of_the_local_cloud)'

tools:
	@command -v cargo-nextest >/dev/null || $(CARGO) install --locked cargo-nextest

# One zip a function, in dist/$(ARCH)/NAME/bootstrap.zip.
package: localcloud-tools
	@rustup target list --installed | grep -q $(TARGET) || rustup target add $(TARGET)
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(CARGO) lambda build --profile lambda --locked --target $(TARGET) \
		--output-format zip --lambda-dir dist/$(ARCH) $(addprefix -p ,$(PACKAGES))

# MiniStack, a local AWS, and cargo-lambda, in a virtual environment of their own.
localcloud-tools: $(VENV)/installed

$(VENV)/installed: localstack/requirements.txt
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --requirement $<
	touch $@

# The same machine as on AWS, on this one, fed by a replay. With Docker: `make localcloud LOCALCLOUD=docker`.
localcloud: localcloud-tools
	$(MAKE) package ARCH=$(HOST_ARCH)
	TERRAFORM_PLUGIN_DIR=$(TERRAFORM_PLUGIN_DIR) LOCALCLOUD=$(LOCALCLOUD) bash localstack/localcloud.sh

# The deployment is well formed and says what it should, without an account.
check-terraform:
	bash infra/terraform/check.sh $(TERRAFORM_PLUGIN_DIR)

# The dashboard and the alerts are well formed and do what they should, and a real Prometheus reads a running program.
check-monitoring: tools check-monitoring-files
	$(CARGO) nextest run --workspace --locked -E 'package(osmtracker) & binary(prometheus)'

# What of that needs no program: configuration, alerts with their tests, types of the dashboard and whether it is up to date.
check-monitoring-files: monitoring-tools infra/grafana/node_modules
	promtool check config infra/prometheus/prometheus.yml
	promtool test rules infra/prometheus/osmtracker.test.yml
	cd infra/grafana && npx tsc -p . && node node_modules/.built/build.js --check

# Writes the dashboard for Grafana, which is committed.
dashboards: infra/grafana/node_modules
	cd infra/grafana && npx tsc -p . && node node_modules/.built/build.js

infra/grafana/node_modules: infra/grafana/package-lock.json
	cd infra/grafana && npm ci --ignore-scripts --no-audit --no-fund && touch node_modules

monitoring-tools:
	@command -v prometheus >/dev/null && command -v promtool >/dev/null \
		|| { apt-get update && apt-get install -y --no-install-recommends prometheus; }

# Builds the browser code into the crate that carries it; the result is committed (docs/decisions/0006).
site: site/node_modules
	cd site && npx tsc -p . && node build/build.mjs

# The browser code has the right types, and what is committed of it is what it builds to.
check-site: site/node_modules
	cd site && npx tsc -p . && node build/build.mjs --check

# The site in a real browser: every page, the map, hostile words, feeds, budgets; screenshots in site/screenshots.
test-site: check-site
	@command -v chromium >/dev/null || { apt-get update && apt-get install -y --no-install-recommends chromium fonts-dejavu-core; }
	cd site && CARGO="$(CARGO)" node test/run.mjs

# The API of the local program against its own OpenAPI document, every check, at most three minutes. Part of `make test`.
test-api: $(API_VENV)/installed
	$(CARGO) build --workspace --bins --examples --locked
	crates/web/tests/schemathesis/run.sh $(CURDIR)/$(API_VENV)/bin/schemathesis $(CURDIR)/target/debug/osmtracker

$(API_VENV)/installed: crates/web/tests/schemathesis/requirements.txt
	python3 -m venv $(API_VENV)
	$(API_VENV)/bin/pip install --quiet --requirement $<
	touch $@

site/node_modules: site/package-lock.json
	cd site && npm ci --no-audit --no-fund && touch node_modules
