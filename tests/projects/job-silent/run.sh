#!/bin/sh
set -e
python /import.py "$@"
