# Says how the primary is before a restore: the second line of the $mark, whether the
# $unit that loads runs, whether zstd is there, and whether a table has a row.
if [ -f "$mark" ]; then echo "mark $(head -c 1000 "$mark" | sed -n 2p)"; fi
case $(systemctl show -p ActiveState --value "$unit") in active|activating|deactivating) echo "running yes" ;; esac
if command -v zstd >/dev/null; then echo "zstd yes"; fi
filled_sql | "${client[@]}" -B -N -r >"$work/ask"
# A server that could not be asked for every table is not empty.
: >"$work/failed"
one=$({ "${client[@]}" -B -N -r <"$work/ask" 2>"$work/err" || echo "status $?" >"$work/failed"; } | head -n 1) || :
echo "filled $one"
if [ -z "$one" ] && [ -s "$work/failed" ]; then echo "unread $(cat "$work/failed"): $(tail -n 1 "$work/err" | cut -c 1-300)"; fi
echo "end yes"
