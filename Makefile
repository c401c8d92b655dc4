# Everything here runs on a machine with Rust, Node and Python; what else is needed is installed by the targets.

CARGO ?= cargo
DATA ?= osmtracker-demo
LISTEN ?= 127.0.0.1:8080

.PHONY: demo test check bench tools

# Replays real edits of a small island through the whole pipeline, and serves the site.
demo:
	$(CARGO) run --locked -p osmtracker -- demo --data $(DATA) --listen $(LISTEN)

# Installs what the tests need and runs all of them.
test: tools check
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
