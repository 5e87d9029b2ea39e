#!/usr/bin/env bash
# How the cost of a durable session grows: with the phones at once, the idle phones beside them, the users
# in credentials.txt and the lines in tempIDs.txt; and what an idle phone holds in memory.
#
#     benches/scale.sh                                         # a few minutes
#     ROUNDS=1 PHONES=10000 benches/scale.sh                   # to see whether it works
#
# Settings, from the environment: ROUNDS (5), of which the medians count; PHONES (50000) of a
# measurement, a tenth of them at 1 at once; CORE (0), which server and storm share, as benches/compare.sh
# explains; LEVELS, IDLE, USERS and LINES, the variants, of which the first is what the others are
# compared with.
#
# The servers of all variants of a table run side by side and take turns within each round, so that
# whatever else the machine does hits all alike. Those that wait cost nothing.
set -euo pipefail
# shellcheck source=benches/lib.sh
source "$(dirname "$0")/lib.sh"

ROUNDS=${ROUNDS:-5}
PHONES=${PHONES:-50000}
CORE=${CORE:-0}
LEVELS=${LEVELS:-1 64 1024 10000}
IDLE=${IDLE:-0 1000 10000 18000}
USERS=${USERS:-1000 100000 1000000}
LINES=${LINES:-0 1000000 10000000}

# Phones at once where it is not they that vary, and users where it is not them.
LEVEL=1024
FEW_USERS=1000
# Seconds after which idle phones leave even if nobody ends them.
HOLD_SECONDS=3600

declare -A PORTS PIDS HERDS

main() {
    build
    measure_levels
    measure_idle
    measure_users
    measure_lines
}

measure_levels() {
    tell "phones at once: $LEVELS"
    serve level "$(make_data levels "$FEW_USERS")"
    local round level
    for ((round = 0; round < ROUNDS; round++)); do
        for level in $LEVELS; do
            measure "level-$level" level "$level" "$FEW_USERS"
        done
    done
    leave level
    print_table level 'phones at once' "$LEVELS"
}

measure_idle() {
    tell "idle phones: $IDLE"
    local round count before after most=0 each=0
    for count in $IDLE; do
        serve "idle-$count" "$(make_data "idle-$count" "$FEW_USERS")"
        # What the first sessions make the server reserve is not what idle ones hold.
        measure warm-up "idle-$count" "$LEVEL" "$FEW_USERS"
        before=$(resident_bytes "${PIDS[idle-$count]}")
        gather "idle-$count" "$count"
        after=$(resident_bytes "${PIDS[idle-$count]}")
        if [ "$count" -gt "$most" ]; then
            most=$count
            each=$(((after - before) / count))
        fi
    done
    for ((round = 0; round < ROUNDS; round++)); do
        for count in $IDLE; do
            measure "idle-$count" "idle-$count" "$LEVEL" "$FEW_USERS"
        done
    done
    for count in $IDLE; do
        leave "idle-$count"
    done
    print_table idle 'idle phones' "$IDLE"
    [ "$most" -eq 0 ] || printf '\nResident memory of an idle phone, at %s: %s bytes\n' "$most" "$each"
}

measure_users() {
    tell "users: $USERS"
    local round count start
    for count in $USERS; do
        serve "users-$count" "$(make_data "users-$count" "$count")"
    done
    for ((round = 0; round < ROUNDS; round++)); do
        for count in $USERS; do
            # Each round has users of its own, as far as there are, so that no cache knows them yet.
            start=$((round * PHONES % count))
            [ $((start + PHONES)) -le "$count" ] || start=0
            measure "users-$count" "users-$count" "$LEVEL" "$start..$count"
        done
    done
    for count in $USERS; do
        leave "users-$count"
    done
    print_table users 'users' "$USERS"
}

measure_lines() {
    tell "lines of tempIDs.txt: $LINES"
    local round count data
    for count in $LINES; do
        data=$(make_data "lines-$count" "$FEW_USERS")
        write_temp_ids "$count" >"$data/tempIDs.txt"
        serve "lines-$count" "$data"
    done
    for ((round = 0; round < ROUNDS; round++)); do
        for count in $LINES; do
            measure "lines-$count" "lines-$count" "$LEVEL" "$FEW_USERS"
        done
    done
    for count in $LINES; do
        leave "lines-$count"
    done
    print_table lines 'lines of tempIDs.txt' "$LINES"
}

# Lines of users who take turns, with TempIDs as far apart as random ones.
write_temp_ids() { # COUNT
    awk -v count="$1" -v users="$FEW_USERS" 'BEGIN {
        srand(1)
        for (number = 0; number < count; number++)
            printf "+614%08d %07d%07d%06d 13/05/2020 17:54:06 13/05/2020 18:09:05\n",
                number % users, rand() * 1e7, rand() * 1e7, rand() * 1e6
    }'
}

# Starts a server under a name.
serve() { # NAME DIRECTORY
    start_ours "$1" "$CORE" "$2"
    PORTS[$1]=$PORT
    PIDS[$1]=$PID
}

# Lets phones log in to a server and stay.
gather() { # NAME COUNT
    [ "$2" -gt 0 ] || return 0
    run_in_background "herd-$1" "$CORE" "$BINARIES/storm" 127.0.0.1 "${PORTS[$1]}" \
        --source-addresses "$SOURCES" --users "$FEW_USERS" --script idle \
        --phones "$2" --concurrency "$2" --hold "$HOLD_SECONDS" >/dev/null
    HERDS[$1]=$PID
    wait_for_line "herd-$1" 'phones are connected and stay' "$PID" "$START_SECONDS"
}

# Ends a server and the phones that stay with it.
leave() { # NAME
    [ -z "${HERDS[$1]:-}" ] || stop "${HERDS[$1]}"
    stop "${PIDS[$1]}"
}

measure() { # KEY NAME LEVEL USERS
    local phones=$PHONES
    [ "$3" -gt 1 ] || phones=$((PHONES / 10))
    storm "$CORE" "${PORTS[$2]}" --users "$4" --script tempid --leave close \
        --concurrency "$3" --phones "$phones" --server-pid "${PIDS[$2]}"
    expect_at_once "$3"
    note "cost-$1" "$(field server_cpu_us_per_session)"
    note "failed-$1" "$(field failed)"
}

print_table() { # KIND TITLE VARIANTS
    local variant first=${3%% *}
    printf '\n'
    row "$2" 'CPU µs a session' "ratio to $first" 'sessions failed'
    rule 4
    for variant in $3; do
        row "$variant" "$(rounded 1 "$(noted "cost-$1-$variant")")" \
            "$(rounded 2 "$(noted_ratio "cost-$1-$variant" "cost-$1-$first")")" \
            "$(noted_sum "failed-$1-$variant")"
    done
}

main
