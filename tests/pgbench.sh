#!/bin/sh
# pgbench's TPC-B at its best, beside our transfers on SQLite and on the same PostgreSQL, one
# after the other, each with the machine to itself: PostgreSQL does not run, and has nothing to
# clear away, while SQLite is measured.
#
#   tests/pgbench.sh [SECONDS]
#
# ASSAY is the program (target/release/assay unless set). Needs PostgreSQL's server programs;
# makes a cluster of its own, durable as it comes, and removes it.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-10}
program=$(realpath "${ASSAY:-${CARGO_TARGET_DIR:-target}/release/assay}")
binaries=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
PATH="$binaries:$PATH"
folder=$(mktemp -d)
as=''
if [ "$(id -u)" = 0 ]; then
    chown postgres "$folder"
    as='runuser -u postgres --'
fi
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
# shellcheck disable=SC2086
stop() { (cd / && $as pg_ctl -D "$folder/data" -m immediate stop >/dev/null 2>&1) || true; rm -rf "$folder"; }
trap stop EXIT
trap 'exit 130' INT TERM
# shellcheck disable=SC2086
control() { (cd / && $as pg_ctl -D "$folder/data" -w "$@" >/dev/null); }
start() { control -l "$folder/log" -o "-p $port -k $folder -c listen_addresses=127.0.0.1" start; }
# shellcheck disable=SC2086
(cd / && $as initdb -D "$folder/data" -U postgres -A trust -E UTF8 --no-locale >/dev/null)
start
export PGHOST=127.0.0.1 PGPORT="$port" PGUSER=postgres

createdb pgbench
# Every transaction changes the row of one branch: with fewer branches than clients it would
# be their queue that is measured.
pgbench -i -s 64 -q pgbench 2>"$folder/pgbench"
best=0
for clients in 1 4 8 16 32; do
    pgbench -n -M prepared -c "$clients" -j 2 -T "$seconds" pgbench >"$folder/pgbench" 2>&1 ||
        { cat "$folder/pgbench" >&2 && exit 1; }
    tps=$(sed -n 's/^tps = \([0-9]*\).*/\1/p' "$folder/pgbench" | tail -1)
    echo "pgbench -M prepared -c $clients: ${tps:?pgbench gave no figure} a second"
    if [ "$tps" -gt "$best" ]; then best=$tps; fi
done
createdb assay

figure() { python3 -c 'import json, sys; r = json.load(sys.stdin); print(int(r["per_second"]), r["p99_ms"])'; }
transfers() {
    on=$1
    shift
    report=$("$program" benchmark transfers --json --seconds "$seconds" "$@")
    line=$(echo "$report" | figure)
    awk -v ours="${line% *}" -v p99="${line#* }" -v best="$best" -v on="$on" 'BEGIN {
        printf "transfers on %s: %d a second (p99 %s ms), %.1f times the best of pgbench\n",
            on, ours, p99, ours / best }'
}
control -m fast stop
transfers SQLite
start
transfers PostgreSQL --database "postgres://postgres@127.0.0.1:$port/assay"
