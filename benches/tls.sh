#!/usr/bin/env bash
# What TLS costs the server: processor time of a session with a handshake, an AUTH, a TEMPID and the end,
# beside that of the same session without TLS plus rustls's own handshake in memory; and beside Redis with
# TLS, where there is one.
#
#     benches/tls.sh                              # some minutes
#     ROUNDS=1 PHONES=2000 benches/tls.sh         # to see whether it works
#
# Settings, from the environment: ROUNDS (5) that alternate, of which the medians count; PHONES (20000) of
# a measurement; LEVEL (64) at once; CORE (0), which all share; REDIS (redis-server), the program.
set -euo pipefail
# shellcheck source=benches/lib.sh
source "$(dirname "$0")/lib.sh"

ROUNDS=${ROUNDS:-5}
PHONES=${PHONES:-20000}
LEVEL=${LEVEL:-64}
CORE=${CORE:-0}
REDIS=${REDIS:-redis-server}

# Users who take turns.
USERS=10
# Handshakes in memory of a round.
HANDSHAKES=5000

declare -A PORTS PIDS
KINDS=(plain tls resumed)

main() {
    build --example handshake
    local data tls_data round kind
    data=$(make_data plain-data "$USERS")
    start_ours plain "$CORE" "$data"
    remember plain
    tls_data=$(make_data tls-data "$USERS")
    "$BINARIES/server" certificate 127.0.0.1 --data "$tls_data" >/dev/null
    CERTIFICATE=$tls_data/certificate.pem
    KEY=$tls_data/private-key.pem
    start_ours tls "$CORE" "$tls_data" --tls-cert "$CERTIFICATE" --tls-key "$KEY"
    remember tls
    remember resumed
    start_redis
    for ((round = 1; round <= ROUNDS; round++)); do
        tell "round $round of $ROUNDS"
        for kind in "${KINDS[@]}"; do
            measure "$kind"
        done
        note handshake "$(taskset -c "$CORE" "$BINARIES/examples/handshake" "$tls_data" "$HANDSHAKES")"
        note sum "$(paste "$WORK/plain.numbers" "$WORK/handshake.numbers" | tail -n 1 | awk '{ print $1 + $2 }')"
    done
    print_costs
}

remember() { # NAME
    PORTS[$1]=$PORT
    PIDS[$1]=$PID
}

# Redis with TLS 1.3 and the same certificate, which writes nothing: what TLS costs is compared, and not
# the disk.
start_redis() {
    if ! command -v "$REDIS" >/dev/null; then
        tell "SKIPPED: Redis with TLS: $REDIS is not installed"
        return
    fi
    "$BINARIES/storm" credentials --users "$USERS" |
        awk '{ print "user " $1 " on >" $2 " ~* +@all" }' >"$WORK/users.acl"
    PORT=$(shuf -i 20000-30000 -n 1)
    run_in_background redis "$CORE" "$REDIS" --port 0 --tls-port "$PORT" --bind 127.0.0.1 \
        --protected-mode no --aclfile "$WORK/users.acl" --dir "$WORK" --save '' --appendonly no \
        --tls-cert-file "$CERTIFICATE" --tls-key-file "$KEY" --tls-ca-cert-file "$CERTIFICATE" \
        --tls-auth-clients no --tls-protocols TLSv1.3 --tcp-backlog 65535 --daemonize no \
        --logfile "$WORK/redis.log"
    local end=$((SECONDS + START_SECONDS))
    while kill -0 "$PID" 2>/dev/null && [ $SECONDS -lt $end ]; do
        if grep -q 'Ready to accept connections' "$WORK/redis.log"; then
            remember redis
            KINDS+=(redis)
            return
        fi
        sleep 0.05
    done
    tell "SKIPPED: Redis with TLS does not start: $(tail -n 1 "$WORK/redis.log")"
}

measure() { # KIND
    local request=TEMPID options=()
    case $1 in
        tls) options=(--tls --tls-ca "$CERTIFICATE") ;;
        resumed) options=(--tls --tls-ca "$CERTIFICATE" --tls-resume) ;;
        redis)
            options=(--tls --tls-ca "$CERTIFICATE")
            request='SET tempid:%n 12345678901234567890123456789012345678901234567890'
            ;;
    esac
    storm "$CORE" "${PORTS[$1]}" --users "$USERS" --script request --request "$request" --leave close \
        --concurrency "$LEVEL" --phones "$PHONES" --server-pid "${PIDS[$1]}" "${options[@]}"
    expect_at_once "$LEVEL"
    note "$1" "$(field server_cpu_us_per_session)"
    note "failed-$1" "$(field failed)"
    note "tls-resumed-$1" "$(field tls_resumed)"
}

print_costs() {
    printf '\nProcessor time of the server, µs a session, %s at once; medians of %s rounds:\n\n' "$LEVEL" "$ROUNDS"
    row 'without TLS' "rustls's handshake" 'sum' 'with TLS' 'with TLS / sum' 'resumed' 'Redis with TLS' 'ours / Redis' 'sessions failed'
    rule 9
    local redis=- ratio=- failed=0 kind
    if [ -n "${PORTS[redis]:-}" ]; then
        redis=$(rounded 1 "$(noted redis)")
        ratio=$(rounded 2 "$(noted_ratio tls redis)")
    fi
    for kind in "${KINDS[@]}"; do
        failed=$((failed + $(noted_sum "failed-$kind")))
    done
    row "$(rounded 1 "$(noted plain)")" "$(rounded 1 "$(noted handshake)")" "$(rounded 1 "$(noted sum)")" \
        "$(rounded 1 "$(noted tls)")" "$(rounded 2 "$(noted_ratio tls sum)")" "$(rounded 1 "$(noted resumed)")" \
        "$redis" "$ratio" "$failed"
    printf '\n%s of %s sessions of the column "resumed" were.\n' "$(noted tls-resumed-resumed)" "$PHONES"
}

main
