# shellcheck shell=bash
# What the measuring scripts share: building, starting and ending programs, storms, and numbers. It is
# to be sourced by a script that has `set -euo pipefail`.

# shellcheck disable=SC2034  # the scripts use it
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BINARIES=${CARGO_TARGET_DIR:-$ROOT/target}/release

# Seconds that a storm may take before it is given up.
STORM_SECONDS=${STORM_SECONDS:-180}
# Seconds that a server may take to listen; it may have millions of lines to load.
START_SECONDS=60

# Local addresses that phones come from. Ports rest for a minute after their connections, and one
# address has 28,000.
SOURCES=250
# What a storm is run with that must not wait for its turn on a processor.
STORM_PRIORITY=()

# Files and processes are gone when the script is. Not in /tmp, which may be in memory, where a sync
# costs nothing.
WORK=$(mktemp -d "${TMPDIR:-/var/tmp}/bluetrace-XXXXXX")
STARTED=()
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

clean_up() {
    local pid
    for pid in "${STARTED[@]}"; do
        kill -KILL "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    rm -rf "$WORK"
}

die() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

# Builds what is measured.
build() {
    command -v taskset >/dev/null || die "taskset is missing; it is in util-linux"
    (cd "$ROOT" && cargo build --release --quiet --bins "$@")
}

# Runs a command in the background, on the core CORE if that is not empty, with its standard error in
# a file NAME.log; PID is its process afterwards.
run_in_background() { # NAME CORE COMMAND…
    local name=$1 core=$2
    shift 2
    [ -z "$core" ] || set -- taskset -c "$core" "$@"
    : >"$WORK/$name.log"
    "$@" 2>>"$WORK/$name.log" &
    PID=$!
    STARTED+=("$PID")
}

# The lines of NAME.log that are complete.
lines_of() { # NAME
    head -n "$(wc -l <"$WORK/$1.log")" "$WORK/$1.log"
}

# Waits until a line of NAME.log matches a pattern of grep.
wait_for_line() { # NAME PATTERN PID SECONDS
    local end=$((SECONDS + $4))
    until lines_of "$1" | grep -- "$2" >/dev/null; do
        kill -0 "$3" 2>/dev/null || die "$1 has ended: $(tail -n 3 "$WORK/$1.log")"
        [ $SECONDS -lt $end ] || die "$1 does not say '$2' within $4 seconds"
        sleep 0.05
    done
}

# Starts a server that says `listening on ADDRESS:PORT`; PID and PORT tell which it is.
start_listening() { # NAME CORE COMMAND…
    run_in_background "$@"
    wait_for_line "$1" '^listening on ' "$PID" "$START_SECONDS"
    PORT=$(sed -n 's/^listening on [^ ]*:\([0-9]*\).*/\1/p' "$WORK/$1.log")
}

# Starts our server on the files of a directory. Further words are options of it.
start_ours() { # NAME CORE DIRECTORY [OPTION…]
    local name=$1 core=$2 directory=$3
    shift 3
    start_listening "$name" "$core" \
        "$BINARIES/server" 0 60 --bind 127.0.0.1 --data "$directory" "$@" >/dev/null
}

# Makes a directory for our server, and says where it is.
make_data() { # NAME USERS
    mkdir "$WORK/$1"
    "$BINARIES/storm" credentials --users "$2" --output "$WORK/$1/credentials.txt"
    printf '%s\n' "$WORK/$1"
}

# Ends a process that was started here, and waits for its end.
stop() { # PID
    kill -TERM "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
    local pid rest=()
    for pid in "${STARTED[@]}"; do
        [ "$pid" = "$1" ] || rest+=("$pid")
    done
    STARTED=("${rest[@]}")
}

# Runs a storm on a core; its report is in $WORK/storm.json. Failed sessions are in the report, and
# not the end of the script.
storm() { # CORE PORT OPTION…
    local core=$1 port=$2 code=0 from=(--source-addresses "$SOURCES")
    shift 2
    [[ " $* " != *" --source-addresses "* ]] || from=()
    rm -f "$WORK/storm.json"
    timeout "$STORM_SECONDS" "${STORM_PRIORITY[@]}" taskset -c "$core" "$BINARIES/storm" 127.0.0.1 "$port" \
        "${from[@]}" --json "$WORK/storm.json" "$@" \
        >"$WORK/storm.out" 2>"$WORK/storm.err" || code=$?
    [ -s "$WORK/storm.json" ] || die "storm failed with code $code: $(head -n 3 "$WORK/storm.err")"
    grep ' failed  ' "$WORK/storm.out" >&2 || true
}

# Ends the script if the last storm never had as many phones at once as it should: what it measured would
# go by a wrong name.
expect_at_once() { # LEVEL
    local most
    most=$(field most_at_once)
    [ "$most" -ge $(($1 * 9 / 10)) ] || die "there were only $most phones at once, not $1"
}

# A number of the last report: FIELD, or FIELD of the object BLOCK. The report has one field a line,
# indented by two blanks a level, so that no parser of JSON is needed; a base system has none.
field() { # FIELD [BLOCK]
    awk -v field="${2:+  }  \"$1\": " -v block="${2:+  \"$2\": }" '
        block != "" { if (index($0, block) == 1) block = ""; next }
        index($0, field) == 1 {
            sub(",$", "")
            print substr($0, length(field) + 1)
            is_found = 1
            exit
        }
        END { if (!is_found) print "null" }
    ' "$WORK/storm.json"
}

# The middle of numbers, one a line; the mean of the two in the middle if their count is even.
median() {
    sort -g | awk '
        $1 != "null" { values[++count] = $1 }
        END {
            if (!count) { print "-"; exit }
            middle = int((count + 1) / 2)
            print count % 2 ? values[middle] : (values[middle] + values[middle + 1]) / 2
        }'
}

# Notes a number under a key, once for each round.
note() { # KEY NUMBER
    printf '%s\n' "$2" >>"$WORK/$1.numbers"
}

# The median of what was noted.
noted() { # KEY
    median <"$WORK/$1.numbers"
}

# The median over the rounds of the ratio of two things that were noted in each.
noted_ratio() { # KEY KEY
    paste "$WORK/$1.numbers" "$WORK/$2.numbers" |
        awk '$1 != "null" && $2 > 0 { print $1 / $2 }' | median
}

# All that was noted, added up.
noted_sum() { # KEY
    awk '{ sum += $1 } END { print sum + 0 }' "$WORK/$1.numbers"
}

# A number with so many digits after the point; `-` stays.
rounded() { # DIGITS NUMBER
    if [ "$2" = - ]; then printf -- '-'; else LC_ALL=C printf '%.*f' "$1" "$2"; fi
}

# A row of a table in Markdown.
row() { # CELL…
    printf '|'
    printf ' %s |' "$@"
    printf '\n'
}

# The row below the first one, for so many columns of which all but the first hold numbers.
rule() { # COLUMNS
    printf '|---'
    for ((column = 1; column < $1; column++)); do printf '|--:'; done
    printf '|\n'
}

# Resident memory of a process, in bytes.
resident_bytes() { # PID
    awk '$1 == "VmRSS:" { print $2 * 1024 }' "/proc/$1/status"
}

# Tells on standard error how far the measurement is.
tell() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
}
