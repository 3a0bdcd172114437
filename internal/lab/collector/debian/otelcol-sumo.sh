#!/bin/sh
# Starts the collector with its main file and what lies in conf.d.
set -- --config /etc/otelcol-sumo/sumologic.yaml
for f in /etc/otelcol-sumo/conf.d/*.yaml; do
  [ ! -e "$f" ] || set -- "$@" --config "$f"
done
exec /usr/local/bin/otelcol-sumo "$@"
