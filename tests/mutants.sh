#!/bin/sh
# Shows that the simulator finds bugs: plants one at a time (simulator/mutants/*.patch) in
# a copy of the sources, builds, and runs the simulator, which has to name the seed and the
# step at which the house and its model part: a program that ends otherwise found nothing.
#
# Not in CI: every one of them is a build. Usage:
#   tests/mutants.sh [STEPS] [PATTERN]
# STEPS is for how long to look (20000); PATTERN says which patches ("refunds"). The copy
# is in $ASSAY_MUTANTS (a folder beside the target), built into $ASSAY_MUTANTS_TARGET. The
# libraries are optimised, and taken from there if they are there; what a patch changes is not,
# so that a build takes a minute.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
steps=${1:-20000}
pattern=${2:-}
copy=${ASSAY_MUTANTS:-$root/target/mutants}
target=${ASSAY_MUTANTS_TARGET:-$copy/target}
export CARGO_INCREMENTAL=1
export ASSAY_TEST_FURNITURE="${ASSAY_TEST_FURNITURE:-$copy/furniture}"

mkdir -p "$copy/sources"
survived=0

build() {
    (cd "$copy/sources" && CARGO_TARGET_DIR="$target" cargo build --quiet --release --locked --bin simulate \
        --config profile.release.package.assay.opt-level=0 \
        --config profile.release.package.assay-db.opt-level=0 \
        --config profile.release.package.assay-domain.opt-level=0 \
        --config profile.release.package.assay-simulator.opt-level=0)
}

# Whole, and with one patch; a file that did not change keeps its time, and its build.
lay_out() {
    rm -rf "$copy/fresh"
    mkdir -p "$copy/fresh"
    # The list is longer than a command line may be, so that it goes through a pipe.
    (cd "$root" && git ls-files -z --cached --others --exclude-standard | tar --null -T - -cf -) |
        tar xf - -C "$copy/fresh"
    if [ -n "${1:-}" ]; then
        (cd "$copy/fresh" && patch --quiet -p1 <"$1")
    fi
    (cd "$copy/fresh" && find . -type f -o -type l) | while read -r file; do
        if ! same "$copy/fresh/$file" "$copy/sources/$file"; then
            mkdir -p "$(dirname "$copy/sources/$file")"
            rm -f "$copy/sources/$file"
            cp -P "$copy/fresh/$file" "$copy/sources/$file"
        fi
    done
}
# A link is what it points to by name: some point to folders.
same() {
    if [ -L "$1" ] || [ -L "$2" ]; then
        [ "$(readlink "$1")" = "$(readlink "$2")" ]
    else
        cmp -s "$1" "$2"
    fi
}

lay_out
build
"$target/release/simulate" --steps 2000 >"$copy/log" 2>&1 || {
    cat "$copy/log"
    echo "the simulator fails without any planted bug" >&2
    exit 1
}

for patch in "$root"/tests/simulator/mutants/*"$pattern"*.patch; do
    name=$(basename "$patch" .patch)
    lay_out "$patch"
    build
    if "$target/release/simulate" --no-shrink --steps "$steps" >"$copy/log" 2>&1; then
        printf '%-60s SURVIVED %s steps\n' "$name" "$steps"
        survived=1
    elif caught=$(grep -o -m 1 '^seed [0-9]* fails at step [0-9]*' "$copy/log"); then
        printf '%-60s %s\n' "$name" "$caught"
    else
        printf '%-60s ENDED without a seed and a step:\n' "$name"
        tail -5 "$copy/log"
        survived=1
    fi
done
exit "$survived"
