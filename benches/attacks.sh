#!/usr/bin/env bash
# What honest phones notice of attacks: how long a login with a TempID takes them, without and with each.
#
#     benches/attacks.sh                               # some ten minutes
#     ROUNDS=1 DURATION=3 benches/attacks.sh           # to see whether it works
#     ATTACKS="none silent" benches/attacks.sh         # only these
#
# Settings, from the environment: ROUNDS (3), of which the medians count; DURATION (10), seconds of a
# measurement; RATE (200), honest phones a second; ATTACKS, which ones, `none` for the baseline first;
# SERVER_CORE (0), HONEST_CORE (1) and ATTACK_CORE (1).
#
# The attack has a core of its own, as it would have a machine of its own. The honest storm shares it and
# needs little of it; with real-time priority it gets that at once, as if it had a machine of its own, too.
# Otherwise it would wait for a slice of 3 ms, and that would be measured as if the server were slow.
set -euo pipefail
# shellcheck source=benches/lib.sh
source "$(dirname "$0")/lib.sh"

ROUNDS=${ROUNDS:-3}
DURATION=${DURATION:-10}
RATE=${RATE:-200}
SERVER_CORE=${SERVER_CORE:-0}
HONEST_CORE=${HONEST_CORE:-1}
ATTACK_CORE=${ATTACK_CORE:-1}
ATTACKS=${ATTACKS:-none silent slow unread-200 unread-1000 stuck-output garbage garbage-limited guesser \
guesser-limited unknown unknown-limited unknown-million unknown-million-limited unfinished slow-output tempids ceiling}

# Honest users, users whose passwords are guessed, and names that nobody has: they never meet.
USERS=100000
HONEST=0..1000
GUESSED=1000..100000
UNKNOWN=10000000..10000256
UNKNOWN_MILLION=10000000..11000000
# Phones of an attack that holds connections, and at once of one that keeps coming.
HOLDING=10000
COMING=256
# The account of those who attack with a single one, and its password.
ACCOUNT=1000
ACCOUNT_USER=+61400001000
ACCOUNT_PASSWORD=storm-00001000
# Requests that are left incomplete at a time, one more than all that may be, and the bytes of each.
UNFINISHED=257
UNFINISHED_BYTES=1000000
# Connections that the server lets each address have beside an attack that is `limited`. It comes from one
# address, honest phones from many others.
PER_ADDRESS=16
# Connections that the server with a low ceiling takes, and how many more phones want one.
CEILING=1000
ABOVE_CEILING=256
# Seconds that an attack which does not say when it is complete has to begin.
LEAD_SECONDS=2
# Seconds for which an attack lasts if nobody ends it.
ATTACK_SECONDS=$((DURATION + 40))

main() {
    build
    if chrt --fifo 1 true 2>/dev/null; then
        STORM_PRIORITY=(chrt --fifo 1)
    else
        tell "no right to real-time priority: honest phones wait for their turn on the core of the attack"
    fi
    DATA=$(make_data data "$USERS")
    # A pipe that nobody reads; it is open for both, as opening it for one would wait for the other.
    mkfifo "$WORK/output"
    exec 9<>"$WORK/output"
    local round attack
    for ((round = 1; round <= ROUNDS; round++)); do
        for attack in $ATTACKS; do
            tell "round $round of $ROUNDS: $attack"
            measure "$attack"
        done
    done
    print_table
}

# Starts a server, lets an attack begin, measures the honest phones, and ends it all.
measure() { # ATTACK
    rm -f "$DATA/tempIDs.txt"
    serve "$1"
    attack "$1"
    measure_honest "$1"
    if [ "$1" != none ]; then
        kill -0 "$ATTACKER" 2>/dev/null || die "the attack $1 was over before the measurement"
        stop "$ATTACKER"
    fi
    [ "$1" != ceiling ] || measure_honest after-ceiling
    stop "$SERVER"
}

serve() { # ATTACK
    local options=()
    exec 8>/dev/null
    case $1 in
    stuck-output) exec 8>"$WORK/output" ;;
    slow-output) exec 8> >(while read -r -N 65536 _; do sleep 0.1; done) ;;
    ceiling) options=(--max-connections "$CEILING") ;;
    *-limited) options=(--max-connections-per-address "$PER_ADDRESS") ;;
    esac
    start_listening server "$SERVER_CORE" "$BINARIES/server" 0 60 --bind 127.0.0.1 \
        --data "$DATA" "${options[@]}" >&8
    SERVER=$PID
    SERVER_PORT=$PORT
}

attack() { # ATTACK
    local from=()
    [[ $1 != *-limited ]] || from=(--source-addresses 0)
    case $1 in
    none) ;;
    silent) hold "$HOLDING" --script silent ;;
    slow) come "$HOLDING" --script slow --byte-interval 1000 ;;
    unread-*) hold "${1#unread-}" --script unread ;;
    unfinished) leave_unfinished ;;
    slow-output)
        come 4 --script upload --records 18000 --users "$ACCOUNT..$((ACCOUNT + 1))" ;;
    tempids)
        come "$COMING" --script request --request "TEMPID 100" --users "$ACCOUNT..$((ACCOUNT + 1))" ;;
    stuck-output) come "$HOLDING" --script upload --records 300 --rate 200 ;;
    garbage*) come "$COMING" --script garbage "${from[@]}" ;;
    guesser*) come "$COMING" --script wrong-password "${from[@]}" ;;
    unknown | unknown-limited)
        come "$COMING" --script wrong-password --users "$UNKNOWN" "${from[@]}" ;;
    unknown-million*)
        come "$COMING" --script wrong-password --users "$UNKNOWN_MILLION" "${from[@]}" ;;
    # As many as there is room for stay, and the others are told so and come back.
    ceiling) come $((CEILING + ABOVE_CEILING)) --script silent --hold "$ATTACK_SECONDS" ;;
    *) die "there is no attack $1" ;;
    esac
}

# An attack of phones that connect and stay; it begins when all are there.
hold() { # PHONES OPTION…
    local phones=$1
    shift
    start_attack --phones "$phones" --concurrency "$phones" --hold "$ATTACK_SECONDS" "$@"
    wait_for_line attack 'phones are connected and stay' "$ATTACKER" "$START_SECONDS"
}

# An attack of phones of which the next one comes when one is gone.
come() { # AT-ONCE OPTION…
    local at_once=$1
    shift
    start_attack --duration "$ATTACK_SECONDS" --concurrency "$at_once" "$@"
    sleep "$LEAD_SECONDS"
}

# An attack of one account that begins long requests and completes none; whenever the server has dropped
# the oldest, the next one comes.
leave_unfinished() {
    taskset -c "$ATTACK_CORE" bash -s "$SERVER_PORT" "$ACCOUNT_USER" "$ACCOUNT_PASSWORD" \
        "$UNFINISHED" "$UNFINISHED_BYTES" <<'ATTACK' 2>/dev/null &
        port=$1 user=$2 password=$3 at_once=$4 bytes=$5
        trap '' PIPE
        connections=()
        while true; do
            exec {connection}<>"/dev/tcp/127.0.0.1/$port" || exit
            printf 'AUTH %s %s\r\n*2\r\n$6\r\nUPLOAD\r\n$%s\r\n' "$user" "$password" "$bytes" >&$connection
            head -c $((bytes - 1000)) /dev/zero >&$connection
            connections+=("$connection")
            if [ ${#connections[@]} -ge "$at_once" ]; then
                oldest=${connections[0]}
                exec {oldest}>&-
                connections=("${connections[@]:1}")
            fi
        done
ATTACK
    ATTACKER=$!
    STARTED+=("$ATTACKER")
    sleep "$LEAD_SECONDS"
}

start_attack() { # OPTION…
    local users=(--users "$GUESSED")
    [[ " $* " != *" --users "* ]] || users=()
    local from=(--source-addresses "$SOURCES")
    [[ " $* " != *" --source-addresses "* ]] || from=()
    run_in_background attack "$ATTACK_CORE" "$BINARIES/storm" 127.0.0.1 "$SERVER_PORT" \
        "${from[@]}" "${users[@]}" "$@" >"$WORK/attack.out"
    ATTACKER=$PID
}

# The same phones at the same moments each time.
measure_honest() { # KEY
    storm "$HONEST_CORE" "$SERVER_PORT" --users "$HONEST" --script tempid --leave close \
        --rate "$RATE" --duration "$DURATION" --seed 1
    note "done-$1" "$(field done)"
    note "failed-$1" "$(field failed)"
    note "p50-$1" "$(field p50 session_latency)"
    note "p99-$1" "$(field p99 session_latency)"
}

print_table() {
    printf '\nA login with a TempID, %s phones a second; medians of %s rounds:\n\n' "$RATE" "$ROUNDS"
    row attack 'sessions done' failed 'p50, µs' 'p99, µs' 'p99 / without'
    rule 6
    local attack
    for attack in $ATTACKS; do
        print_row "$attack"
        [ "$attack" != ceiling ] || print_row after-ceiling
    done
}

print_row() { # KEY
    local ratio=-
    [ ! -e "$WORK/p99-none.numbers" ] || ratio=$(noted_ratio "p99-$1" p99-none)
    row "$1" "$(noted_sum "done-$1")" "$(noted_sum "failed-$1")" "$(rounded 0 "$(noted "p50-$1")")" \
        "$(rounded 0 "$(noted "p99-$1")")" "$(rounded 2 "$ratio")"
}

main
