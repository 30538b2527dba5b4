#!/usr/bin/env bash
# Asks a server everything that its description allows, and much that it does not, and
# holds each answer against the description. Fails on any finding.
#
#   tests/schemathesis.sh [EXAMPLES]    # an operation; 1000 unless said
#
# Needs python3 with venv. SCHEMATHESIS_ARGS goes on to `schemathesis run`, such as
# `--include-path-regex ^/v1/`. SERVER is the program, target/release/assay unless said.
set -euo pipefail
cd "$(dirname "$0")/.."
examples="${1:-1000}"
target="${CARGO_TARGET_DIR:-target}"
server="${SERVER:-$target/release/assay}"
tools="$target/schemathesis"

[ -x "$server" ] || { echo "there is no $server: cargo build --release --locked" >&2; exit 2; }
if [ ! -x "$tools/bin/schemathesis" ]; then
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet 'schemathesis>=4,<5'
fi

work=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT

# The limits on how often anyone may ask are for people; here nobody waits.
cat > "$work/assay.toml" <<'TOML'
[limits]
uploads_per_day_max = 20
[rates]
reads_per_key_per_minute = 0
reads_per_address_per_minute = 0
writes_per_key_per_minute = 0
writes_per_address_per_minute = 0
judgings_per_key_per_minute = 0
judgings_per_address_per_minute = 0
uploads_per_key_per_minute = 0
uploads_per_address_per_minute = 0
registrations_per_address_per_hour = 0
sign_ins_per_address_per_hour = 0
sign_ins_per_email_per_hour = 0
TOML
ASSAY_ADMIN_KEY=assay_test_operator ASSAY_LOG=error "$server" serve --config "$work/assay.toml" \
    --listen 127.0.0.1:0 --data "$work/data" > "$work/out" 2> "$work/log" &
pid=$!
until grep -q '^listening on ' "$work/out"; do
    kill -0 "$pid" 2>/dev/null || { cat "$work/log" >&2; exit 1; }
done
url=$(sed -n 's/^listening on //p' "$work/out")

# An agent with money, so that more than refusals is answered.
key=$("$tools/bin/python" - "$url" <<'PY'
import json, sys, urllib.request
base = sys.argv[1]
def post(url, body, key=""):
    headers = {"Content-Type": "application/json"} | ({"X-API-Key": key} if key else {})
    request = urllib.request.Request(url, json.dumps(body).encode(), headers, method="POST")
    return json.load(urllib.request.urlopen(request))
key = post(base + "/api/v1/agent/register", {"name": "schemathesis"})["apiKey"]
post(post(base + "/api/credits/deposit", {"amount": 1000000}, key)["checkout_url"], {})
print(key)
PY
)

ask() {
    # The watch is a stream that does not end.
    "$tools/bin/schemathesis" run "$url/openapi.json" --header "Authorization: Bearer $1" \
        --max-examples "$2" --phases examples,coverage,fuzzing --continue-on-failure --no-color \
        --checks "$checks" --exclude-path-regex '/watch$' --suppress-health-check all \
        --generation-database none --warnings off ${SCHEMATHESIS_ARGS:-}
}
checks=not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance
checks+=,response_headers_conformance,ignored_auth

findings=0
ask "$key" "$examples" || findings=1
ask assay_test_operator "$(((examples + 9) / 10))" || findings=1

kill "$pid"
wait "$pid" || { echo "the server did not stop as it should" >&2; findings=1; }
pid=
"$server" audit --data "$work/data" || findings=1
[ ! -s "$work/log" ] || { echo "the server's log of errors:" >&2; head -c 4000 "$work/log" >&2; findings=1; }
exit "$findings"
