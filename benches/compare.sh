#!/usr/bin/env bash
# What a durable session costs our server, beside the floor and, where it is installed, Redis, and what it
# costs with encrypted TempIDs, of which nothing is stored: processor time a session at 1, 64, 1,024 and
# 10,000 at once, then sessions a second, then what the storm costs.
#
#     benches/compare.sh                              # a few minutes
#     ROUNDS=1 PHONES=10000 benches/compare.sh         # to see whether it works
#
# Settings, from the environment: ROUNDS (5) that alternate between the servers, of which the medians
# count; PHONES (50000) of a measurement, a tenth of them at 1 at once; LEVELS ("1 64 1024 10000") at
# once; CORE (0); REDIS (redis-server), the program.
#
# Server and storm share one core. On two cores of a virtual machine the same run takes up to three
# times as long or as short, as each wakes the other's core across the hypervisor or finds it awake; on
# one core they take turns, and what is measured is the work. The figure is the processor time of the
# server, which the storm does not dilute, and ratios are those of the same round, so that a machine that
# becomes slower meanwhile becomes so for all.
set -euo pipefail
# shellcheck source=benches/lib.sh
source "$(dirname "$0")/lib.sh"

ROUNDS=${ROUNDS:-5}
PHONES=${PHONES:-50000}
LEVELS=${LEVELS:-1 64 1024 10000}
CORE=${CORE:-0}
REDIS=${REDIS:-redis-server}

# Users who take turns; the floor knows none.
USERS=10
# How many at once the rates are of.
RATE_LEVEL=1024

declare -A PORTS PIDS

main() {
    build --example floor
    start_servers
    local round level
    for ((round = 1; round <= ROUNDS; round++)); do
        tell "round $round of $ROUNDS"
        for level in $LEVELS; do
            measure_costs "$level"
        done
        measure_rates
    done
    print_costs
    print_rates
    print_storm
}

start_servers() {
    local data
    start_listening floor "$CORE" "$BINARIES/examples/floor" 0 --durable "$WORK/floor.txt"
    remember floor
    start_listening bare "$CORE" "$BINARIES/examples/floor" 0
    remember bare
    data=$(make_data data "$USERS")
    start_ours ours "$CORE" "$data"
    remember ours
    data=$(make_data encrypted "$USERS")
    "$BINARIES/server" key new "$WORK/keys" >/dev/null
    start_ours encrypted "$CORE" "$data" --temp-ids encrypted --key "$WORK/keys"
    remember encrypted
    SERVERS=(floor ours encrypted)
    if command -v "$REDIS" >/dev/null; then
        start_redis
        SERVERS+=(redis)
    else
        tell "without Redis: $REDIS is not installed"
    fi
}

remember() { # NAME
    PORTS[$1]=$PORT
    PIDS[$1]=$PID
}

# Redis with a user for each of ours, every write synced before its reply, and nothing else to write.
# Its protected mode takes the other addresses of the loopback for the world.
start_redis() {
    "$BINARIES/storm" credentials --users "$USERS" |
        awk '{ print "user " $1 " on >" $2 " ~* +@all" }' >"$WORK/users.acl"
    mkdir "$WORK/redis"
    # It cannot choose a free port by itself.
    for PORT in $(shuf -i 20000-30000 -n 5); do
        run_in_background redis "$CORE" "$REDIS" --port "$PORT" --bind 127.0.0.1 \
            --protected-mode no --aclfile "$WORK/users.acl" --dir "$WORK/redis" --save '' \
            --appendonly yes --appendfsync always --auto-aof-rewrite-percentage 0 \
            --tcp-backlog 65535 --maxclients 19000 --daemonize no --logfile "$WORK/redis.log"
        if wait_for_redis; then
            return
        fi
        stop "$PID"
    done
    die "Redis does not start: $(tail -n 3 "$WORK/redis.log")"
}

wait_for_redis() {
    local end=$((SECONDS + START_SECONDS))
    while kill -0 "$PID" 2>/dev/null && [ $SECONDS -lt $end ]; do
        if grep -q 'Ready to accept connections' "$WORK/redis.log"; then
            remember redis
            return 0
        fi
        sleep 0.05
    done
    return 1
}

# One storm against each server; the driver does the same each time but for the words of the request.
measure_costs() { # LEVEL
    local server phones=$PHONES
    [ "$1" -gt 1 ] || phones=$((PHONES / 10))
    for server in "${SERVERS[@]}"; do
        session_storm "$server" "$1" "$phones"
        note "cost-$server-$1" "$(field server_cpu_us_per_session)"
        note "failed-$server-$1" "$(field failed)"
        [ "$(field failed)" = 0 ] || tell "of the sessions with $server, $1 at once"
        note "storm-$server-$1" "$(field storm_cpu_us_per_session)"
    done
}

measure_rates() {
    local server
    for server in bare ours; do
        session_storm "$server" "$RATE_LEVEL" "$PHONES"
        note "rate-$server" "$(field rate)"
    done
}

session_storm() { # SERVER LEVEL PHONES
    local request=TEMPID
    [ "$1" != redis ] ||
        request='SET tempid:%n 12345678901234567890123456789012345678901234567890'
    storm "$CORE" "${PORTS[$1]}" --users "$USERS" --script request --request "$request" \
        --leave close --concurrency "$2" --phones "$3" --server-pid "${PIDS[$1]}"
    expect_at_once "$2"
}

print_costs() {
    printf '\nProcessor time of the server, µs a durable session; medians of %s rounds:\n\n' "$ROUNDS"
    row 'at once' floor ours encrypted Redis 'ours / floor' 'encrypted / ours' 'ours / Redis' \
        'sessions failed'
    rule 9
    local level redis ratio failed server
    for level in $LEVELS; do
        redis='-' ratio='-' failed=0
        if [ -n "${PORTS[redis]:-}" ]; then
            redis=$(rounded 1 "$(noted "cost-redis-$level")")
            ratio=$(rounded 2 "$(noted_ratio "cost-ours-$level" "cost-redis-$level")")
        fi
        for server in "${SERVERS[@]}"; do
            failed=$((failed + $(noted_sum "failed-$server-$level")))
        done
        row "$level" "$(rounded 1 "$(noted "cost-floor-$level")")" \
            "$(rounded 1 "$(noted "cost-ours-$level")")" \
            "$(rounded 1 "$(noted "cost-encrypted-$level")")" "$redis" \
            "$(rounded 2 "$(noted_ratio "cost-ours-$level" "cost-floor-$level")")" \
            "$(rounded 2 "$(noted_ratio "cost-encrypted-$level" "cost-ours-$level")")" \
            "$ratio" "$failed"
    done
}

print_rates() {
    printf '\nSessions a second at %s at once, server and storm on one core:\n\n' "$RATE_LEVEL"
    row 'floor that writes nothing' 'ours, durable' 'ratio'
    rule 3
    row "$(rounded 0 "$(noted rate-bare)")" "$(rounded 0 "$(noted rate-ours)")" \
        "$(rounded 2 "$(noted_ratio rate-ours rate-bare)")"
}

print_storm() {
    printf '\nProcessor time of the storm itself, µs a session:\n\n'
    row 'at once' 'against the floor' 'against ours'
    rule 3
    local level
    for level in $LEVELS; do
        row "$level" "$(rounded 1 "$(noted "storm-floor-$level")")" \
            "$(rounded 1 "$(noted "storm-ours-$level")")"
    done
}

main
