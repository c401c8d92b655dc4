# Everything here runs on a machine with Rust, Node and Python; what else is needed is installed by the targets.

CARGO ?= cargo
DATA ?= osmtracker-demo
LISTEN ?= 127.0.0.1:8080

.PHONY: demo test check bench tools site check-site test-site

# Replays real edits of a small island through the whole pipeline, and serves the site.
demo:
	$(CARGO) run --locked -p osmtracker -- demo --data $(DATA) --listen $(LISTEN)

# Installs what the tests need and runs them; those in a browser are `make test-site`.
test: tools check check-site
	$(CARGO) nextest run --workspace --locked --no-fail-fast
	$(CARGO) test --workspace --locked --doc

# Format, lints and documentation, without running anything.
check:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --locked

# Figures for docs/performance.md.
bench:
	$(CARGO) bench --workspace --locked

tools:
	@command -v cargo-nextest >/dev/null || $(CARGO) install --locked cargo-nextest

# Builds the browser code into the crate that carries it; the result is committed (docs/decisions/0006).
site: site/node_modules
	cd site && npx tsc -p . && node build/build.mjs

# The browser code has the right types, and what is committed of it is what it builds to.
check-site: site/node_modules
	cd site && npx tsc -p . && node build/build.mjs --check

# The site in a real browser: every page, the map, hostile words, budgets. Not part of `make test` yet.
test-site: check-site
	@command -v chromium >/dev/null || { apt-get update && apt-get install -y --no-install-recommends chromium fonts-dejavu-core; }
	cd site && CARGO="$(CARGO)" node test/run.mjs

site/node_modules: site/package-lock.json
	cd site && npm ci --no-audit --no-fund && touch node_modules
