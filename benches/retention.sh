#!/usr/bin/env bash
# What phones notice while old TempIDs leave memory and file: the latency of a login with a TempID, before,
# and while half of the lines of tempIDs.txt become older than the retention at once.
#
#     benches/retention.sh                             # some three minutes
#     LINES=100000 WAIT=20 benches/retention.sh        # to see whether it works
#
# Settings, from the environment: LINES (10000000) of tempIDs.txt, half of which become old; DURATION (15),
# seconds of a measurement; RATE (200), phones a second; WAIT (60), seconds from now until the lines become
# old, in which the file is written, the server starts, and the baseline is measured; SCRIPT (tempid) of the
# phones: `login` waits for no disk, so that it shows the event loop alone; SERVER_CORE (0) and STORM_CORE (1).
#
# The lines become old while the server runs, since those that are old at its start never reach its memory.
# SIGHUP makes it look for them, as it does by itself once a day.
set -euo pipefail
# shellcheck source=benches/lib.sh
source "$(dirname "$0")/lib.sh"

LINES=${LINES:-10000000}
DURATION=${DURATION:-15}
RATE=${RATE:-200}
WAIT=${WAIT:-60}
SCRIPT=${SCRIPT:-tempid}
SERVER_CORE=${SERVER_CORE:-0}
STORM_CORE=${STORM_CORE:-1}

USERS=1000
DAY=86400
# Seconds that the replacement of the file may take.
REPLACEMENT_SECONDS=120

main() {
    build
    if chrt --fifo 1 true 2>/dev/null; then
        STORM_PRIORITY=(chrt --fifo 1)
    fi
    local data old_at before after
    data=$(make_data data "$USERS")
    old_at=$(($(date +%s) + WAIT))
    tell "$LINES lines"
    write_lines "$old_at" >"$data/tempIDs.txt"
    chmod 600 "$data"/*.txt
    start_ours ours "$SERVER_CORE" "$data" --retention 1
    measure before
    [ "$(date +%s)" -le "$old_at" ] || die "the lines became old before the measurement; set WAIT higher"
    while [ "$(date +%s)" -le "$old_at" ]; do sleep 0.2; done
    before=$(resident_bytes "$PID")
    kill -HUP "$PID"
    measure during
    wait_for_line ours 'older than the retention' "$PID" "$REPLACEMENT_SECONDS"
    after=$(resident_bytes "$PID")
    print_table
    printf '\nResident memory: %s MB before, %s MB after; lines left: %s\n' \
        $((before / 1000000)) $((after / 1000000)) "$(wc -l <"$data/tempIDs.txt")"
}

# Lines of which the first half expires a day before OLD-AT, and the rest three days later: memory is left
# in chunks of two days, each once all of it is old.
write_lines() { # OLD-AT
    local old new
    old=$(times $(($1 - DAY)))
    new=$(times $(($1 + 2 * DAY)))
    awk -v lines="$LINES" -v users="$USERS" -v old="$old" -v new="$new" 'BEGIN {
        for (line = 0; line < lines; line++)
            printf "+614%08d %020d %s\n", line % users, line, line < lines / 2 ? old : new
    }'
}

# Start and expiry of a TempID that expires at this moment, in seconds since 1970.
times() { # EXPIRY
    printf '%s %s' "$(date -u -d "@$(($1 - 899))" '+%d/%m/%Y %H:%M:%S')" \
        "$(date -u -d "@$1" '+%d/%m/%Y %H:%M:%S')"
}

measure() { # KEY
    storm "$STORM_CORE" "$PORT" --users "$USERS" --script "$SCRIPT" --leave close \
        --rate "$RATE" --duration "$DURATION" --seed 1
    local field
    for field in p50 p99 p999 max; do
        note "$field-$1" "$(field "$field" session_latency)"
    done
    note "done-$1" "$(field done)"
    note "failed-$1" "$(field failed)"
}

print_table() {
    printf '\nThe script %s, %s phones a second, %s lines:\n\n' "$SCRIPT" "$RATE" "$LINES"
    row when 'sessions done' failed 'p50, µs' 'p99, µs' 'p99.9, µs' 'longest, µs'
    rule 7
    local key
    for key in before during; do
        row "$key" "$(noted "done-$key")" "$(noted "failed-$key")" "$(noted "p50-$key")" \
            "$(noted "p99-$key")" "$(noted "p999-$key")" "$(noted "max-$key")"
    done
}

main
