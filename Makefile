# For those who are used to make; all work is done by tasks.py, which also runs on Windows.
PYTHON ?= python3

.PHONY: report test lock

report test lock:
	$(PYTHON) tasks.py $@
