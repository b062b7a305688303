# Runs of genbench ab one after the other, and a table of their results; sourced by aa.sh and slowdown.sh.

# runs N BASE HEAD ARGUMENT...: sets $pass, $error, $regression, $inconclusive to how many runs ended that way.
runs() {
    n=$1
    base=$2
    head=$3
    shift 3
    pass=0
    error=0
    regression=0
    inconclusive=0
    echo '| run | exit status | outcome |'
    echo '|---|---|---|'
    i=1
    while [ "$i" -le "$n" ]; do
        said=$("$base/genbench" ab "$base" "$head" --seed "$i" "$@" 2>&1)
        status=$?
        case $status in
        0) pass=$((pass + 1)) ;;
        2) regression=$((regression + 1)) ;;
        3) inconclusive=$((inconclusive + 1)) ;;
        130) exit 130 ;;
        *) error=$((error + 1)) ;;
        esac
        echo "| $i | $status | $(echo "$said" | tail -n 1 | sed 's/^genbench[^:]*: //') |"
        echo "$said" | grep -E 'SLOWER$|noisy$' | sed 's/^/    /' >&2
        i=$((i + 1))
    done
    echo
    echo "$n runs: $pass not slower, $regression slower, $inconclusive inconclusive, $error errors"
}
