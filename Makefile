# Everything a newcomer or CI needs; `make help` lists it.
.DEFAULT_GOAL := help
VENV := .venv
PYTHON := $(VENV)/bin/python
STAMP := $(VENV)/.installed
JUDGES := .backhaul/judges
# The project's modules stand at the top level and are run in place.
export PYTHONPATH := $(CURDIR)
export UV_PYTHON_DOWNLOADS := never
# Hundreds of processes are started; each would compile the same files again.
unexport PYTHONDONTWRITEBYTECODE

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): requirements.lock
	@echo "Setting up $(VENV) from requirements.lock; this takes a minute."
	@test -x $(PYTHON) || python3 -m venv $(VENV)
	@if command -v uv >/dev/null 2>&1; then \
		uv pip sync --quiet --python $(PYTHON) --require-hashes requirements.lock; \
	else \
		$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock; \
	fi
	@touch $(STAMP)

setup: $(STAMP) ## make the virtual environment in .venv from requirements.lock

# Programs that judge what we write. They have an environment of their own, because they are called and never imported.
$(JUDGES)/.installed: tests/judges.lock | $(STAMP)
	@$(VENV)/bin/uv venv --quiet --clear --python $(PYTHON) $(JUDGES)
	@$(VENV)/bin/uv pip sync --quiet --python $(JUDGES)/bin/python --require-hashes tests/judges.lock
	@touch $@

judges: $(JUDGES)/.installed ## make the environment of the programs that judge what we write, from tests/judges.lock

demo: $(STAMP) ## walk two returns from request to refund [ONCE=1] [CRASH=1] [SCENARIO=never-comes]
	@$(PYTHON) -m embedded demo $(if $(ONCE),--once) $(if $(CRASH),--crash) $(if $(SCENARIO),--scenario $(SCENARIO))

test: $(STAMP) judges ## all tests, in four processes, of which two wait at most times
	@$(PYTHON) -m pytest -q -n 4 --dist loadfile --no-loadscope-reorder

proof: $(STAMP) judges ## the long proofs [PART=arithmetic|properties|facts|books|labels|cache|harsh|random|restored|kill|hostile|rolling|exits|ledger] [N=] [KILLS=] [SEED=1]
	@$(if $(filter arithmetic,$(or $(PART),arithmetic)),$(PYTHON) -m tests.proof.arithmetic $(or $(if $(PART),$(N)),20000) $(or $(SEED),1))
	@$(if $(filter properties,$(or $(PART),properties)),$(PYTHON) -m pytest -q -n 2 --timeout=1200 --hypothesis-profile=proof tests/policy/test_properties.py tests/domain/test_plan.py)
	@$(if $(filter facts,$(or $(PART),facts)),$(PYTHON) -m tests.proof.facts $(or $(if $(PART),$(N)),200) $(or $(SEED),1))
	@$(if $(filter books,$(or $(PART),books)),$(PYTHON) -m tests.proof.books $(or $(if $(PART),$(N)),1000) $(or $(SEED),1))
	@$(if $(filter labels,$(or $(PART),labels)),$(PYTHON) -m tests.proof.labels)
	@$(if $(filter cache,$(or $(PART),cache)),$(PYTHON) -m pytest -q -n 2 --timeout=300 --forgetful tests/diaries tests/workflows)
	@$(if $(filter harsh,$(or $(PART),harsh)),$(PYTHON) -m pytest -q -n 2 --timeout=300 --harsh twice --ignore=tests/diaries/test_book.py tests/diaries)
	@$(if $(filter harsh,$(or $(PART),harsh)),$(PYTHON) -m pytest -q -n 2 --timeout=300 --harsh broken --ignore=tests/diaries/test_book.py tests/diaries)
	@$(if $(filter random,$(or $(PART),random)),$(PYTHON) -m pytest -q -n 2 --timeout=1200 tests/proof/test_wandering.py -k ends_right --walks $(or $(if $(PART),$(N)),2000) --walks-seed $(or $(SEED),1))
	@$(if $(filter restored,$(or $(PART),restored)),$(PYTHON) -m pytest -q tests/proof/test_restored.py && $(PYTHON) -m pytest -q --restored-on sqlite tests/proof/test_restored.py)
	@$(if $(filter-out arithmetic properties facts books labels cache harsh random restored,$(or $(PART),all)),$(PYTHON) -m tests.proof $(if $(PART),--part $(PART)) $(if $(N),--returns $(N)) $(if $(KILLS),--kills $(KILLS)) $(if $(SEED),--seed $(SEED)))

bench: $(STAMP) ## how fast quotes, decisions, the ledger and reconciling are, and what a return costs [PART=quote|decide|ledger|reconcile|cost|layer|workers|throughput] [SECONDS=1] [N=20000] [SLEEPING=2000]
	@$(if $(filter quote,$(or $(PART),quote)),$(PYTHON) -m benchmarks.quote $(SECONDS))
	@$(if $(filter decide,$(or $(PART),decide)),$(PYTHON) -m benchmarks.decide $(SECONDS))
	@$(if $(filter ledger,$(or $(PART),ledger)),$(PYTHON) -m benchmarks.ledger $(N))
	@$(if $(filter reconcile,$(or $(PART),reconcile)),$(PYTHON) -m benchmarks.reconcile $(N))
	@$(if $(filter cost,$(or $(PART),cost)),$(PYTHON) -m benchmarks.return_cost)
	@$(if $(filter layer,$(PART)),$(PYTHON) -m benchmarks.layer; $(PYTHON) -m benchmarks.rooms)
	@$(if $(filter workers,$(PART)),$(PYTHON) -m benchmarks.workers)
	@$(if $(filter throughput,$(PART)),$(PYTHON) -m benchmarks.throughput $(if $(SLEEPING),--sleeping $(SLEEPING)))

check: $(STAMP) ## lint, format, types, import contracts, sizes
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy .
	@$(VENV)/bin/lint-imports --no-logo
	@$(PYTHON) -m pytest -q tests/house

format: $(STAMP) ## put the code in order
	@$(VENV)/bin/ruff check --fix .
	@$(VENV)/bin/ruff format .

lock: $(STAMP) ## write the locks anew from pyproject.toml
	@$(VENV)/bin/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header pyproject.toml --extra embedded --group dev -o requirements.lock
	@$(VENV)/bin/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header -c requirements.lock pyproject.toml -o deploy/requirements.lock
	@$(VENV)/bin/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --group judges -o tests/judges.lock

sbom: $(STAMP) judges ## write what is in the product, with versions, hashes and licences, to .backhaul/sbom.cdx.json (CycloneDX)
	@$(PYTHON) deploy/sbom.py .backhaul/sbom.cdx.json

schemas: $(STAMP) ## write the published JSON Schemas anew from the models
	@$(PYTHON) -m activities.storefront.native > docs/order.schema.json
	@$(PYTHON) -m workflows.start > docs/return_request.schema.json
	@$(PYTHON) -m commands.quote > docs/quote.schema.json
	@$(PYTHON) -m activities.decisions.policy_file > docs/policy.schema.json
	@$(PYTHON) -m ledger.events > docs/event.schema.json

lifecycle: $(STAMP) ## write docs/lifecycle.md anew from what the diaries tell
	@$(PYTHON) -m pytest -q -n 2 --write-lifecycle --ignore=tests/diaries/test_book.py tests/diaries

histories: $(STAMP) ## record anew what happens in the diaries, where it is not what was recorded
	@$(PYTHON) -m pytest -q -n 2 --write-histories --ignore=tests/diaries/test_book.py tests/diaries

.PHONY: histories lifecycle help setup judges demo test proof bench check format lock sbom schemas
