# What a newcomer needs is `make run` and `make test`; `make` alone lists the rest.
# Needs only Python 3.11 to 3.14, pip and make (also macOS's make 3.81).

PORT ?= 8501
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check
PIP_WORDS := $(shell [ -t 2 ] || echo --quiet)# on a terminal pip shows how far it is
APP_READY := $(VENV)/.app-installed
TESTS_READY := $(VENV)/.tests-installed

# For newer ones PyTorch and SciPy as pinned have no builds.
RECENT := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$python -c '$(RECENT)' >/dev/null 2>&1 && echo $$python && break; done)

# The ordinary Linux wheels of torch bring 5 GB of CUDA, which a machine without an NVIDIA GPU never
# uses.
CPU_INDEX ?= https://download.pytorch.org/whl/cpu
HAS_GPU := command -v nvidia-smi || ls /dev/nvidia*
# One try that gives up early when nobody answers, and after 15 minutes (for 200 MB) when the line
# only drips.
ONE_TRY := --retries 0 --timeout 10
TIME_LIMIT := $(shell command -v timeout >/dev/null 2>&1 && echo timeout 900)

.PHONY: help run test screenshots bench lint format data clean

help:
	@echo "make run          install what is needed, fetch the data, serve the app (PORT=$(PORT))"
	@echo "make test         lint and every test, in a real browser too"
	@echo "make screenshots  pictures of every page, light and dark, wide and narrow"
	@echo "make bench        measure training speed, how fast the app answers, what it recognises"
	@echo "make lint         ruff: rules and format"
	@echo "make format       let ruff mend what it can"
	@echo "make data         find or download Fashion-MNIST"
	@echo "make clean        remove $(VENV) and the caches; data and trained models stay"

run: $(APP_READY)
	@$(PY) -m fashion_core fetch-data \
	    || echo "Starting without the data: the app says which pages need it."
	@exec $(PY) -m streamlit run streamlit_app.py --server.port $(PORT)

# In three processes, because browser tests mostly wait; a file's tests in one of them, which share
# what they compute.
# Each on one thread, since two that wait for each other on the same core are slower than one.
# Without a browser (exit status 3: none to be had, and CI does not insist) the browser tests are
# deselected.
PYTEST := $(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder --durations=25
test: $(TESTS_READY) lint data
	@browser=$$($(PY) tests/find_chromium.py); status=$$?; export OMP_NUM_THREADS=1; \
	case $$status in \
	    0) FASHION_CHROMIUM="$$browser" $(PYTEST) ;; \
	    3) $(PYTEST) -m "not browser" ;; \
	    *) exit $$status ;; \
	esac

screenshots: $(TESTS_READY) data
	@browser=$$($(PY) tests/find_chromium.py) && \
	FASHION_CHROMIUM="$$browser" PYTHONPATH=.:tests $(PY) tests/browser/screenshots.py

bench: $(TESTS_READY) data
	@for script in training_speed app_response recognition; do \
	    PYTHONPATH=.:tests $(PY) tests/bench/$$script.py || exit 1; \
	done

lint: $(TESTS_READY)
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .

format: $(TESTS_READY)
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

data: $(APP_READY)
	@$(PY) -m fashion_core fetch-data

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Installing: a stamp per list of packages, so that the second `make run` starts at once.

$(TESTS_READY): tests/requirements.txt $(APP_READY)
	@echo "Installing what the tests need"
	@$(PIP) install $(PIP_WORDS) -r tests/requirements.txt
	@touch $@

$(APP_READY): requirements.txt $(VENV)/.created
	@if [ "$$(uname -s)" = Linux ] && ! { $(HAS_GPU); } >/dev/null 2>&1; then \
	    echo "No NVIDIA GPU: trying the small CPU builds of torch and torchvision"; \
	    cpu_builds=$$(grep -E '^torch(vision)?==' requirements.txt); \
	    $(TIME_LIMIT) $(PIP) install $(PIP_WORDS) $(ONE_TRY) --no-deps \
	        --index-url $(CPU_INDEX) $$cpu_builds 2>/dev/null \
	        || echo "They cannot be had from $(CPU_INDEX):" \
	            "taking the ordinary builds (several GB)"; \
	fi
	@echo "Installing the app's packages, this takes a few minutes the first time"
	@$(PIP) install $(PIP_WORDS) -r requirements.txt
	@touch $@

# An environment that works is kept. Debian's python3 without python3-venv makes one only without
# pip.
$(VENV)/.created:
	@set -e; \
	if ! { $(PY) -c '$(RECENT)' && $(PY) -m pip --version; } >/dev/null 2>&1; then \
	    python="$(PYTHON)"; \
	    if ! "$$python" -c '$(RECENT)' >/dev/null 2>&1; then \
	        found=$$("$${python:-python3}" --version 2>&1) || found="none that runs"; \
        echo "Python 3.11 to 3.14 is needed; found: $$found." >&2; \
	        echo "Install it, or name one: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; \
	        exit 1; \
	    fi; \
	    echo "Creating $(VENV) with $$("$$python" --version)"; \
	    if ! "$$python" -m venv --clear $(VENV) >/dev/null 2>&1; then \
	        "$$python" -m venv --clear --without-pip $(VENV); \
	        "$$python" -m pip --python $(PY) install --quiet pip; \
	    fi; \
	fi; \
	touch $@
