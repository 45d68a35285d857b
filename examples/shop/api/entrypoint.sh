#!/bin/sh
set -e

case "$1" in
    web)
        gunicorn --config gunicorn.conf.py api:app
        ;;
    *)
        exec "$@"
        ;;
esac
