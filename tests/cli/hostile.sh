# Hostile weight files, one of each kind, which the tests of the library keep; sourced by run.sh.
needs_effort 50 || return 0

# Seconds of processor time, for work of some milliseconds: a limit only for work that grows with what a file claims, which
# would take hours.
seconds=${slow:+600}
seconds=${seconds:-60}
run_briefly() {
    ran="gensample $*"
    (
        ulimit -t $seconds
        exec "$program" "$@" >stdout.txt 2>stderr.txt
    )
    status=$?
}
expected=1
mkdir kept
for kinds in hostile hostile_model hostile_operations hostile_size; do
    mkdir kept/$kinds
    check "test_$kinds keeps its files" env GENSAMPLE_HOSTILE_KEEP=kept/$kinds $EMULATOR "$build/tests/test_$kinds"
done
hostile=0
for file in kept/*/*.bin; do
    pattern=$(cat "${file%.bin}.txt")
    case $((hostile % 4)) in
    0) run_briefly --model "$file" --out out/x.png ;;
    1) run_briefly inspect "$file" ;;
    2) run_briefly cpu --model "$file" ;;
    3) run_briefly --model tiny.bin --quality --judge "$file" --out out/x.npy ;;
    esac
    judge_refusal "hostile file $file" -F
    hostile=$((hostile + 1))
done
rm -rf kept
mkfifo fifo.bin
mkdir directory.bin
: >secret.bin
chmod 0 secret.bin
pattern='is a pipe that no program has opened for writing'
run_briefly --model fifo.bin --out out/x.png
judge_refusal 'a FIFO without a writer'
pattern='is a directory'
run_briefly inspect directory.bin
judge_refusal 'a directory'
# The superuser may read everything, so the program runs as another user, if that user may run it.
nobody=
if [ "$(id -u)" -eq 0 ]; then
    nobody='setpriv --reuid 65534 --clear-groups'
    chmod 755 "$work"
fi
if $nobody "$program" --version >/dev/null 2>&1; then
    pattern='Permission denied'
    uncounted $nobody "$program" inspect secret.bin >stdout.txt 2>stderr.txt
    status=$?
    judge_refusal 'a file without permission to read'
else
    skip 'a file without permission to read' 'nobody but the superuser can run the program here'
fi
echo "hostile files end to end: $((hostile + 3))"
