#!/bin/bash
# The primary is killed in the middle of a load, its synchronous standby is promoted, and
# nothing that was answered is lost.
#
#   tests/standby.sh [address|restart]
#
# Two servers on one PostgreSQL with a synchronous standby; people pay each other through
# both. Then SIGKILL to the primary, and the standby is promoted. The servers find it either
# because their database's address moves to it (address), or because they are started again
# with another one (restart); both, one after the other, unless one is named. Afterwards
# everything that was ever asked is asked again under its key: what was answered has to be
# answered alike, each transfer to have happened once, and the books to be right.
#
# ASSAY is the program (target/release/assay unless set). Needs PostgreSQL's server programs,
# curl, jq and python3; makes clusters of its own and removes them.
set -euo pipefail
cd "$(dirname "$0")/.."
program=$(realpath "${ASSAY:-${CARGO_TARGET_DIR:-target}/release/assay}")
binaries=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
PATH="$binaries:$PATH"
payers=8
answers=${ANSWERS:-300}

as=()
[ "$(id -u)" = 0 ] && as=(runuser -u postgres --)
postgres() { (cd / && "${as[@]}" "$@"); }
port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
sql() { psql -qAtX -h 127.0.0.1 -U postgres -p "$1" -d "${3:-postgres}" -c "$2"; }
# Waits until it is so: not for ever, and not when something was found wrong already.
until_so() {
    local tries=1200
    until "$@"; do
        if [ -e "$folder/wrong" ]; then cat "$folder/wrong" >&2 && exit 1; fi
        tries=$((tries - 1))
        [ $tries -gt 0 ] || { echo "not so after two minutes: $*" >&2 && exit 1; }
        sleep 0.1
    done
}
# Everyone of the crowd has ended, and ended well.
all_ended() {
    local process
    for process in "${crowd[@]}"; do
        wait "$process" || echo "somebody of the crowd ended with $?" >>"$folder/wrong"
    done
    crowd=()
    [ ! -e "$folder/wrong" ] || { cat "$folder/wrong" >&2 && exit 1; }
}

folder='' hosts=() forwarder='' crowd=()
stop() {
    touch "$folder/enough" 2>/dev/null || true
    for process in "${crowd[@]}" "${hosts[@]}" $forwarder; do kill "$process" 2>/dev/null || true; done
    wait 2>/dev/null || true
    for cluster in primary standby; do
        postgres pg_ctl -D "$folder/pg/$cluster" -m immediate stop >/dev/null 2>&1 || true
    done
    rm -rf "$folder"
    hosts=() forwarder='' crowd=()
}
trap '[ -z "$folder" ] || stop' EXIT
trap 'exit 130' INT TERM

# A primary, and a standby without whose disk nothing is committed.
clusters() {
    mkdir "$folder/pg"
    [ ${#as[@]} = 0 ] || chown postgres "$folder/pg"
    primary=$(port) standby=$(port)
    postgres initdb -D "$folder/pg/primary" -U postgres -A trust -E UTF8 --no-locale >/dev/null
    start primary "$primary"
    postgres pg_basebackup -D "$folder/pg/standby" -R -c fast \
        -d "host=127.0.0.1 port=$primary user=postgres application_name=standby"
    start standby "$standby"
    sql "$primary" "alter system set synchronous_standby_names = 'standby'"
    sql "$primary" "select pg_reload_conf()" >/dev/null
    until_so in_step
    sql "$primary" "create database assay"
}
start() {
    postgres pg_ctl -D "$folder/pg/$1" -l "$folder/pg/$1.log" -w \
        -o "-p $2 -k $folder/pg -c listen_addresses=127.0.0.1" start >/dev/null
}
in_step() { [ "$(sql "$primary" "select sync_state from pg_stat_replication")" = sync ]; }

# An address of the database that can be moved, as a virtual address or a proxy is: new
# connections go to the port that the file says.
forward() {
    echo "$primary" >"$folder/port"
    address=$(port)
    python3 - "$address" "$folder/port" <<'PYTHON' &
import asyncio, sys

async def pipe(read, write):
    try:
        while data := await read.read(65536):
            write.write(data)
            await write.drain()
    except OSError:
        pass
    write.close()

async def connected(read, write):
    try:
        there = await asyncio.open_connection('127.0.0.1', int(open(sys.argv[2]).read()))
    except OSError:
        return write.close()
    await asyncio.gather(pipe(read, there[1]), pipe(there[0], write))

async def main():
    await (await asyncio.start_server(connected, '127.0.0.1', int(sys.argv[1]))).serve_forever()

asyncio.run(main())
PYTHON
    forwarder=$!
    until_so sql "$address" "select 1" >/dev/null 2>&1
}

# Two servers on a database, at ports that stay.
serve() {
    for n in 0 1; do
        "$program" serve --listen "127.0.0.1:${ports[n]}" --data "$folder/host$n" --config "$folder/settings.toml" \
            --database "postgres://postgres@127.0.0.1:$1/assay" >/dev/null 2>>"$folder/host$n.log" &
        hosts[n]=$!
    done
    for n in 0 1; do until_so curl -sf -o /dev/null "http://127.0.0.1:${ports[n]}/health"; done
}

# POST, host, path, key of the caller, body; more arguments go to curl.
ask() {
    local host=$1 path=$2 key=$3 body=$4
    shift 4
    curl -s -m 40 "http://127.0.0.1:${ports[host]}$path" -H 'content-type: application/json' \
        ${key:+-H "authorization: Bearer $key"} --data "$body" "$@"
}
# Someone with a channel: `KEY CHANNEL`.
arrive() {
    local other own key url
    other=$(ask 0 /api/v1/agent/register '' '{"name":"a friend"}' | jq -r .id)
    own=$(ask 1 /api/v1/agent/register '' '{"name":"a payer"}')
    key=$(jq -r .apiKey <<<"$own")
    url=$(ask 0 /api/credits/deposit "$key" '{"amount":1000}' | jq -r .checkout_url)
    curl -sf -o /dev/null -X POST "$url"
    echo "$key $(ask 1 /api/v1/channels/open "$key" "{\"counterparty_id\":\"$other\",\"amount\":900}" | jq -r .channel_id)"
}
# Pays and pays, one host after the other, and notes what was answered.
pay() {
    local payer=$1 key=$2 channel=$3 n=0 status
    while [ ! -e "$folder/enough" ]; do
        n=$((n + 1))
        echo "$n" >>"$folder/asked.$payer"
        status=$(ask $((n % 2)) /api/v1/channels/transfer "$key" "{\"channel_id\":\"$channel\",\"amount\":\"0.01\"}" \
            -H "idempotency-key: $n" -o "$folder/answer.$payer.$n" -w '%{http_code}') || status=000
        case $status in
        200) echo "$n" >>"$folder/answered.$payer" ;;
        503 | 000) rm -f "$folder/answer.$payer.$n" && sleep 0.2 ;;
        *) echo "transfer $n of payer $payer: $status" >>"$folder/wrong" ;;
        esac
    done
}
# Asks everything again; what was answered must be answered alike.
hold_to_word() {
    local payer=$1 key=$2 channel=$3 n again
    while read -r n; do
        again=$(ask $((n % 2)) /api/v1/channels/transfer "$key" "{\"channel_id\":\"$channel\",\"amount\":\"0.01\"}" \
            -H "idempotency-key: $n" --fail --retry 5) || {
            echo "transfer $n of payer $payer: not answered when it was asked again" >>"$folder/wrong"
            continue
        }
        if [ -e "$folder/answer.$payer.$n" ] && [ "$again" != "$(cat "$folder/answer.$payer.$n")" ]; then
            echo "transfer $n of payer $payer was answered otherwise: $again" >>"$folder/wrong"
        fi
    done <"$folder/asked.$payer"
    again=$(curl -sf -m 40 "http://127.0.0.1:${ports[0]}/api/v1/channels/$channel" -H "authorization: Bearer $key" |
        jq .sequence) || again='no number of'
    [ "$again" = "$(wc -l <"$folder/asked.$payer")" ] || echo "payer $payer: $again transfers" >>"$folder/wrong"
}
answered() { cat "$folder"/answered.* 2>/dev/null | wc -l; }
have_answered() { [ "$(answered)" -ge "$1" ]; }
now() { date +%s%N; }

failover() {
    local way=$1 people=() person before killed
    folder=$(mktemp -d) ports=("$(port)" "$(port)")
    chmod 755 "$folder"
    printf '[rates]\nwrites_per_key_per_minute = 0\nwrites_per_address_per_minute = 0\nregistrations_per_address_per_hour = 0\n' \
        >"$folder/settings.toml"
    clusters
    if [ "$way" = address ]; then forward && serve "$address"; else serve "$primary"; fi
    for _ in $(seq $payers); do people+=("$(arrive)"); done
    for person in "${!people[@]}"; do
        # shellcheck disable=SC2086
        pay "$person" ${people[person]} &
        crowd+=($!)
    done
    until_so have_answered "$answers"

    # The machine of the primary is gone.
    kill -9 -- "-$(head -1 "$folder/pg/primary/postmaster.pid")"
    killed=$(now) before=$(answered)
    postgres pg_ctl -D "$folder/pg/standby" -w promote >/dev/null
    if [ "$way" = address ]; then
        echo "$standby" >"$folder/port"
    else
        kill "${hosts[@]}" && wait "${hosts[@]}" || true
        serve "$standby"
    fi
    until_so have_answered $((before + payers + 1))
    echo "$way: $before transfers answered, then the primary was killed; the next ones after $((($(now) - killed) / 1000000)) ms"
    until_so have_answered $((before + answers))
    touch "$folder/enough"
    all_ended
    for person in "${!people[@]}"; do
        # shellcheck disable=SC2086
        hold_to_word "$person" ${people[person]} &
        crowd+=($!)
    done
    all_ended
    echo "$way: $(cat "$folder"/asked.* | wc -l) asked, $(answered) answered at once; each happened once, every answer holds"
    "$program" audit --database "postgres://postgres@127.0.0.1:$standby/assay"
    stop
}

for way in ${1:-address restart}; do failover "$way"; done
