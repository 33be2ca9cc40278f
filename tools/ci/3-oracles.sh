#!/usr/bin/env bash
# Oracles: PyTorch and Keras beside us
set -euo pipefail
cd "$WORK/tests"
if ! .venv/bin/pip install --quiet torch==2.13.0; then
  echo "PyTorch 2.13.0 cannot be installed here: its comparisons do not run"
fi
if ! .venv/bin/pip install --quiet keras; then
  echo "Keras cannot be installed here: its comparisons do not run"
fi
KERAS_BACKEND=torch .venv/bin/python -m pytest -m oracle
