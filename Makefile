# Every command is a script in scripts/; ARGS goes to it as it is: make test ARGS="-k wilson"
.DEFAULT_GOAL := help
.PHONY: help demo test lint typecheck package test-matrix bench docs screenshots taxonomy-pages sample clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

demo: ## run the whole job on the sample, from published tables to maps and a plan
	scripts/setup.sh run
	scripts/demo.sh $(ARGS)

test: ## unit, QGIS and desktop tests on this machine's QGIS
	scripts/setup.sh test
	scripts/test.sh $(ARGS)

lint: ## style, types and metadata
	scripts/lint.sh

typecheck: ## types alone
	scripts/lint.sh types

package: ## the zip that QGIS installs, in dist/
	python3 scripts/package.py $(ARGS)

test-matrix: ## QGIS and desktop tests on 3.22, 3.40 and 3.44, unit tests on the newest pandas; needs root
	scripts/matrix.sh $(ARGS)

bench: ## speed and memory against QGIS's own copy and geopandas
	scripts/setup.sh bench
	scripts/bench.sh $(ARGS)

docs: ## the documentation as a site, in build/site
	scripts/docs.sh $(ARGS)

screenshots: ## the panel's pictures in docs/images, and more to look at in build/screenshots
	scripts/setup.sh test
	scripts/screenshots.sh $(ARGS)

taxonomy-pages: ## a page on every taxonomy, for the documentation and the help
	python3 scripts/make_taxonomy_pages.py

sample: ## make the sample data again
	scripts/setup.sh run
	/usr/bin/python3 scripts/make_sample.py $(ARGS)

clean: ## remove everything that was made
	rm -rf build dist .venv .venv-* .pytest_cache .mypy_cache .ruff_cache .hypothesis .qgis-settings
