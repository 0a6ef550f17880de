# Two commands for everyone: `make demo` runs a watched fleet, `make test` proves that Skep works.
# The rest is for those who work on it: see CONTRIBUTING.md.

SHELL := /bin/bash
BIN = $(shell swift build --show-bin-path)
SWIFT_BUILD = swift build
SKEP_LISTEN ?= 127.0.0.1:7540

.PHONY: demo build release test test-tools simulate tsan lint format system-libraries check-demo check-console bench fuzz clean

demo: build ## Build, start the example fleet and show it; Ctrl-C stops everything
	@PATH="$(BIN):$$PATH" tools/demo.sh "$(SKEP_LISTEN)"

build: system-libraries
	$(SWIFT_BUILD) --product skep
	$(SWIFT_BUILD) --product research-agent

release: system-libraries ## The binary to install: .build/release/skep
	swift build -c release --product skep

# The stores' simulations keep every core busy for a while: apart, so that tests which wait for processes have room.
STORE_TESTS = SampleStoreTests|StoreCrashTests|SpanStoreTests
# Two programs side by side by the clock: alone, since whatever holds one of them up shows as a difference.
CLOCK_TESTS = AlertmanagerConformanceTests|prometheusSendsItsAlerts

# Hundreds of small clusters and the programs upon them: apart, so that neither starves the other.
CLUSTER_TESTS = ClusterControlTests|SkepDeployTests|DeployTrialTests

# What needs no process, socket or file keeps every core busy too: apart for the same reason.
PURE_TESTS = FleetModelTests|WireFormatsTests|PromQLTests|GoTemplateTests|AlertLogicTests|TraceAnalysisTests
PURE_TESTS := $(PURE_TESTS)|FleetHealthTests|DeployPlanTests|MetricExpositionTests|TidyTests

test: system-libraries test-tools ## Build everything and run every test
	$(SWIFT_BUILD) --build-tests
	PATH="$(CURDIR)/.build-tools/bin:$$PATH" PYTHONPATH="$(CURDIR)/.build-tools/python" \
	  swift test --skip-build --skip '$(PURE_TESTS)|$(STORE_TESTS)|$(CLOCK_TESTS)|$(CLUSTER_TESTS)'
	PATH="$(CURDIR)/.build-tools/bin:$$PATH" PYTHONPATH="$(CURDIR)/.build-tools/python" \
	  swift test --skip-build --filter '$(CLUSTER_TESTS)'
	PATH="$(CURDIR)/.build-tools/bin:$$PATH" PYTHONPATH="$(CURDIR)/.build-tools/python" \
	  swift test --skip-build --filter '$(PURE_TESTS)'
	PATH="$(CURDIR)/.build-tools/bin:$$PATH" swift test --skip-build --filter '$(CLOCK_TESTS)'
	swift test --skip-build --filter '$(STORE_TESTS)'

tsan: system-libraries test-tools ## The same tests under the thread sanitizer; some: TSAN_TESTS='--filter IngestTests'
	PATH="$(CURDIR)/.build-tools/bin:$$PATH" PYTHONPATH="$(CURDIR)/.build-tools/python" tools/tsan.sh $(TSAN_TESTS)

simulate: ## Thousands of lives of a store on a simulated disk, in a release build; others: SIMULATE='5000 10000'
	swift build -c release --package-path Benchmarks --scratch-path .build-simulation -Xswiftc -enable-testing \
	  --product store-simulation
	.build-simulation/release/store-simulation $(or $(SIMULATE),0 3000)
	.build-simulation/release/store-simulation $(or $(SIMULATE),0 1000) damage

check-demo: build ## Start the example fleet, hurt it, and check from outside what Skep saw
	PATH="$(BIN):$$PATH" tools/check-demo.sh

check-console: build ## Drive the console in headless Chromium; screenshots: SHOTS=folder
	PATH="$(BIN):$$PATH" PYTHONPATH="$(CURDIR)/.build-tools/python" python3 tools/check_console.py $(SHOTS)

lint: ## What CI asks of the form of the code
	swift format lint --strict --recursive --parallel Sources Tests Benchmarks examples Package.swift

format:
	swift format format --in-place --recursive --parallel Sources Tests Benchmarks examples Package.swift

bench: ## Skep beside Prometheus and VictoriaMetrics: Benchmarks/README.md
	Benchmarks/run.sh

fuzz: ## A minute of fuzzing on each parser: Benchmarks/README.md
	Benchmarks/fuzz.sh

system-libraries:
	@tools/system-libraries.sh

test-tools:
	@tools/test-tools.sh

clean:
	rm -rf .build .build-* .skep
