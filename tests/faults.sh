#!/bin/sh
# Lets every k-th system call of a kind fail, once and for good, while the program works: faults.sh BUILD_DIR [MOST [NAME...]].
#
# strace makes the k-th open, read, write, fsync, rename, close, start of a thread ... fail, for each k up to the number of
# such calls that the command makes after it has started; of more than MOST (12) k, so many are tried. Those that are
# interrupted are every second one from the k-th on. Allocations fail by a library that is preloaded, and by another one
# clocks jump, which must not change a byte. With a third one the next call fails from a place of the program where none has
# failed before (support/preload/places.c), so that with a MOST above their number every place where the program can
# notice a fault does so once. NAMEs are those of commands, and of kinds of calls; where none is of a command
# all commands run, and where none is of a kind all kinds fail.
#
# Then the program either ends with 0 and has written the same bytes as without a fault, or ends with 1 and says why, has
# left its target as it was, and no file that is hidden or cut short but what it could not rename, whose place it says. A
# run in shards goes on afterwards, without faults, to the same bytes. Exit status 77: there is no strace here, or it may
# not trace. The last line is "N passed, N failed, N skipped".
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
most=${2:-12}
shift $(($# < 2 ? $# : 2))
chosen=$*
program=$build/gensample
. "$here/support/cases.sh"
cd "$work" || exit 1
if ! strace -o /dev/null true 2>/dev/null; then
    echo 'skipped - no strace here, or it may not trace'
    exit 77
fi
. "$here/support/models.sh"
denoiser tiny 1
judge judge.bin
judge judge2.bin
plain_energy plain
conditional_denoiser
cp "$here/golden/energy.bin" .
# Nothing but the program's own threads and files: the libraries that it is linked with have no settings to look for.
export GENSAMPLE_ISA=scalar OMP_WAIT_POLICY=passive

# GROUP CALLS ERROR: calls that fail together, and how.
calls='open openat ENFILE
interrupted-open openat EINTR
read read EIO
interrupted-read read EINTR
stale openat,read,write,pwrite64,fsync,newfstatat,fstat,statx,getdents64 ESTALE
write write,pwrite64 ENOSPC
interrupted-write write,pwrite64 EINTR
fsync fsync,syncfs EIO
interrupted-fsync fsync,syncfs EINTR
rename rename,renameat,renameat2,link,linkat ESTALE
close close EIO
unlink unlink,unlinkat EACCES
truncate ftruncate ENOSPC
directory mkdir,mkdirat EDQUOT
lock flock ENOLCK
interrupted-lock flock EINTR
memory mmap,brk ENOMEM
allocation allocations -
place places -
clock clocks -
thread clone,clone3 EAGAIN'

# NAME SETUP COMMAND...: what is done in a new folder before the command, a shell function, and the command, which writes to `out`.
commands='png nothing --model ../tiny.bin -n 3 --steps 2 --out out/x.png
npy nothing --model ../tiny.bin -n 3 --steps 2 --out out/x.npy
npz nothing --model ../tiny.bin -n 3 --steps 2 --out out/x.npz
idx nothing --model ../tiny.bin -n 3 --steps 2 --out out/x.idx
folder nothing --model ../tiny.bin -n 3 --steps 2 --format png --out out/x/
threads nothing --model ../tiny.bin -n 3 --steps 2 --threads 3 --out out/x.npy
chains nothing --model gaussian:dim=2 --sampler hmc --denoise no --steps 3 -n 2 --out out/x.nc
plot nothing --model gaussian:dim=2 --sampler hmc --denoise no --steps 3 -n 4 --out out/x.npy --plot out/x.svg
denoise drawn denoise --model ../tiny.bin --judge ../judge.bin --input drawn.png -n 3 --out out/x.png
quantize nothing quantize ../energy.bin out/x.bin -n 4 --bands 2
shards nothing --model ../tiny.bin --judge ../judge.bin --quality -n 5 --steps 2 --shard-size 2 --out out/
pictures nothing --model ../tiny.bin -n 5 --steps 2 --shard-size 2 --format png --out out/
resume begun --model ../tiny.bin -n 5 --steps 2 --shard-size 2 --out out/ --resume
verify begun verify out/
work job work out/
quality nothing --model ../cond.bin --label all -n 6 --steps 2 --quality --judge ../judge.bin --json --out out/x.idx
strips drawn --model ../tiny.bin --init drawn.png --steps 3 --trajectory --out out/x.png
diagnose nothing --model double-well:dim=2 --sampler mala --steps 20 --diagnose -n 4 --out out/x.npy --plot out/x.svg
restore drawn restore --model ../tiny.bin --judge ../judge.bin --input drawn.png --steps 2 --mask box --out out/x.png
energy drawn energy ../plain.bin --input drawn.png --out out/x.csv --plot out/x.svg
loss drawn loss ../tiny.bin --input drawn.png --levels 3 --draws 1
likelihood drawn likelihood ../tiny.bin --input drawn.png --steps 2 --out out/x.csv
classify drawn classify ../cond.bin --input drawn.png --levels 2 --draws 1 --out out/x.csv
novelty drawn novelty ../tiny.bin --input drawn.png --against drawn.png --out out/x.csv --plot out/x.svg
interpolate drawn interpolate ../tiny.bin --input drawn.png -n 1 --frames 3 --steps 2 --out out/x.png
partition nothing partition ../plain.bin --chains 2 --particles 2 --steps 3
view drawn view drawn.png --out out/x.png
nearest drawn --model ../tiny.bin -n 2 --steps 2 --nearest drawn.png --out out/x.npy
study nothing study rejection --dims 2 -n 20 --ratio 1.5 --out out/
inspect nothing inspect ../judge.bin
plan nothing plan ../judge.bin
rejection nothing rejection --dim 4 --ratio 1.1 -n 50 --out out/x.npy
map nothing --compose gaussian:dim=2 --compose gaussian:dim=2:0.5 --sampler mala --denoise no --steps 4 -n 3 --map out/m.svg --out out/x.npy
sweep nothing --compose ../tiny.bin --compose ../tiny.bin -n 2 --steps 2 --sweep 1,2 --quality --judge ../judge.bin --out out/x.png
labels nothing --model ../cond.bin --label all -n 4 --steps 2 --out out/x.npz
follow nothing --model ../plain.bin --sampler hmc --adapt-mass yes --steps 42 -n 4 --quality --judge ../judge.bin --plot out/x.svg --json --out out/x.npy
kept nothing --model ../plain.bin --sampler langevin --steps 4 --keep-every 2 -n 5 --judge ../judge.bin --quality --shard-size 2 --out out/
restored drawn restore --model ../tiny.bin --judge ../judge.bin --input drawn.png --steps 2 --operator pool:2 --draws 2 --json --out out/x.npy
figures drawn likelihood ../tiny.bin --input drawn.png --input drawn.png --steps 2 --json --out out/x.json
told drawn classify ../cond.bin --input drawn.png --levels 2 --draws 1 --json --out out/x.json
losses drawn loss ../tiny.bin --input drawn.png --levels 3 --draws 1 --json
normalised drawn partition --compose ../plain.bin --compose ../plain.bin --chains 8 --particles 2 --steps 3 --input drawn.png --input drawn.png --json
explained drawn energy --compose ../plain.bin --compose ../plain.bin --input drawn.png --input drawn.png --json --out out/x.npy
found drawn novelty ../tiny.bin --input drawn.png --against drawn.png --against drawn.png --json --out out/x.npy
latents drawn interpolate ../cond.bin --label 1 --input drawn.png -n 1 --frames 3 --steps 2 --json --out out/x.npz
narrow nothing quantize ../tiny.bin out/x.bin --dtype bf16
nearer drawn --model ../tiny.bin -n 2 --steps 2 --nearest drawn.png --json --out out/x.png
begins drawn --model ../tiny.bin --init drawn.png --steps 3 --trajectory --quality --judge ../judge.bin --json --out out/x.npy
second nothing --model ../tiny.bin -n 20 --steps 2 --quality --json --out out/x.npy
states nothing --model ../cond.bin --label 1 --sampler langevin --denoise no --steps 4 --keep-every 2 -n 4 --quality --judge ../judge.bin --shard-size 2 --out out/
measured drawn restore --model ../tiny.bin --input drawn.png --mask left --measured --draws 2 --steps 2 --out out/x.npy
tempered nothing --model double-well --sampler tempering --denoise no --steps 6 -n 2 --diagnose --json --out out/x.npy
cpu nothing cpu --model ../tiny.bin
rank-0 linked --model gaussian:dim=2 --steps 2 -n 8 --shard-size 1 --out out/
rank-1 linked --model gaussian:dim=2 --steps 2 -n 8 --shard-size 1 --out out/
rank-1-shares linked rejection --dim 4 --ratio 1.1 -n 50 --out out/x.npy'
shards='shards pictures resume kept states rank-0 rank-1' # commands that go on

nothing() {
    mkdir out
}
drawn() {
    mkdir out
    "$program" --model ../tiny.bin -n 3 --steps 2 --quiet --out drawn.png
}
# A run of which a shard is missing and another one is damaged.
begun() {
    "$program" --model ../tiny.bin -n 5 --steps 2 --shard-size 2 --quiet --out out/
    [ "$name" = verify ] && return
    rm out/shard-00001.npy
    printf x >>out/shard-00002.npy
}
job() {
    mkdir out
    echo '{"model": "../tiny.bin", "n": 5, "steps": 2, "shard-size": 2}' >out/a.json
}
# Two ranks, of which one has the faults: see beside.
linked() {
    mkdir out
    rm -rf "$work/messages"
    mkdir "$work/messages"
}
# prepare SETUP: a new folder, in which the command then runs.
prepare() {
    cd "$work" && rm -rf here && mkdir here && cd here && "$1"
}
# keep_status COMMAND...: runs it, and keeps its streams and status.
keep_status() {
    timeout 1800 "$@" >"$work/stdout.txt" 2>"$work/stderr.txt" </dev/null
    status=$?
}
# faulty [WHEN]: runs the command with faults of the group; without WHEN the calls are only counted.
faulty() {
    ran="gensample $command"
    once=${1%+}
    # shellcheck disable=SC2086
    case $group in
    allocation)
        keep_status env LD_PRELOAD="$work/allocations.so" ALLOCATIONS_COUNTED="$work/count" ALLOCATION_FAILS="$once" \
            ${1:+ALLOCATION_FAILS_ON="${1#"$once"}"} "$program" $command
        ;;
    clock) keep_status env LD_PRELOAD="$work/clocks.so" "$program" $command ;;
    place) keep_status $beside env LD_PRELOAD="$work/places.so" PLACES_FAILED="$work/failed" "$runs" $command ;;
    *)
        uncounted keep_status strace -f -qq -o "$work/trace" ${1:+-e inject="$group_calls:error=$group_error:when=$1"} \
            -e trace="openat,$group_calls" "$program" $command
        ;;
    esac
}
# Print how many calls of the group there are before the program has started, which its opening of /dev/null says, and in all.
count() {
    case $group in
    allocation) echo "0 $(cat "$work/count")" && return ;;
    clock) echo 0 1 && return ;;
    esac
    awk -v names="^($(echo "$group_calls" | tr , '|'))$" '
        { call = $2; sub(/\(.*/, "", call); n += call ~ names }
        /"\/dev\/null", O_RDWR/ && !started { before = n; started = 1 }
        END { print before + 0, n + 0 }' "$work/trace"
}
# The faults that are tried: k ... of FIRST to LAST, at most $most of them.
choose() {
    awk -v first="$1" -v last="$2" -v most="$most" 'BEGIN {
        n = last - first + 1
        for (i = 0; i < n && i < most; i++)
            print first + (n <= most ? i : int(i * (n - 1) / (most - 1)))
    }' | sort -nu
}
# went_on: after a fault in a run in shards, the same command, without faults, ends with the same bytes.
went_on() {
    if [ -e out/manifest.json ]; then
        # shellcheck disable=SC2086
        timeout 1800 "$program" ${command% --resume} --resume >/dev/null 2>"$work/stderr.txt" </dev/null || return 1
    else # it had not begun
        # shellcheck disable=SC2086
        timeout 1800 "$program" ${command% --resume} >/dev/null 2>"$work/stderr.txt" </dev/null || return 1
    fi
    diff -r out "$work/expected"
}
# The files are those of a run without a fault, and maybe what could not be removed.
same_files() {
    diff -r out "$work/expected" >"$work/differ.txt" && return
    [ "$group" = unlink ] && ! grep -v '^Only in out: ' "$work/differ.txt" || { cat "$work/differ.txt"; return 1; }
}
# has_library_ended: a file of chains is written by HDF5, which without memory crashes or ends the program with 255, wherever
# it is, and crashes at its end after other faults; oneDNN, which `cpu` looks at, aborts it.
has_library_ended() {
    memory=
    case $group in allocation | place) memory=yes ;; esac
    case $name.$status in
    chains.139) [ -n "$memory" ] || grep -q '^gensample: out/x.nc: ' "$work/stderr.txt" ;;
    chains.255) [ -n "$memory" ] ;;
    cpu.134) [ -n "$memory" ] && grep -q 'std::bad_alloc' "$work/stderr.txt" ;;
    *) return 1 ;;
    esac
}
# has_no_library: a program that cannot load netCDF's library ends as one that was built without it.
has_no_library() {
    [ "$name" = chains ] && [ $status -eq 2 ] && grep -q "netCDF's library, .* cannot be loaded: " "$work/stderr.txt"
}
# judge_fault WHAT: whether the run that a fault hit ended as it has to.
judge_fault() {
    if [ $status -eq 0 ]; then
        [ "$name" = work ] || [ "$name" = study ] || same_files >"$work/diff.txt" 2>&1 ||
            { not_ok "$1" "exit 0, but other files: $(head -c 200 "$work/diff.txt")"; return; }
    elif has_library_ended; then
        ok "$1" >/dev/null
        return
    elif [ $status -ne 1 ] && ! has_no_library; then
        not_ok "$1" "exit $status: $(head -c 200 "$work/stderr.txt")"
        return
    elif ! grep -Eq '(gensample|libgomp|warning): ' "$work/stderr.txt" && [ "$name" != verify ] && [ "$when" = "${when%+}" ]; then
        not_ok "$1" "no line of error: $(head -c 200 "$work/stderr.txt")"
        return
    fi
    hidden=$(find . -name '.?*' ! -name '.' | head -n 1)
    if [ -n "$hidden" ] && [ "$group" != unlink ] && ! grep -qF "${hidden##*/}" "$work/stderr.txt" && ! went_on_is_due; then
        not_ok "$1" "left $hidden, exit $status"
    elif [ $status -ne 0 ] && went_on_is_due && ! went_on >"$work/diff.txt" 2>&1; then
        not_ok "$1" "does not go on: $(head -c 200 "$work/stderr.txt" "$work/diff.txt")"
    elif [ $status -ne 0 ] && ! went_on_is_due && [ -n "$target" ] && [ -e out/"$target" ] &&
        ! diff -r out/"$target" "$work/expected/$target" >/dev/null 2>&1; then
        not_ok "$1" "its target is there, with other bytes"
    else
        ok "$1" >/dev/null
    fi
}
went_on_is_due() {
    case " $shards " in *" $name "*) ;; *) return 1 ;; esac
}

# Lets each of the group's calls that are chosen fail, once and for good.
fail_group() {
    prepare "$setup"
    faulty
    # shellcheck disable=SC2046
    set -- $(count)
    before=$failed
    for k in $(choose $(($1 + 1)) "$2"); do
        again="$k+" # which write for good means that no line of error is written either
        [ "$group_error" = EINTR ] && again="$k+2"
        for when in "$k" "$again"; do
            prepare "$setup"
            faulty "$when"
            faults=$((faults + 1))
            judge_fault "$name: $group number $when"
        done
    done
    [ "$failed" -eq "$before" ] && echo "ok - $name: $(($2 - $1)) calls of $group"
}
# Lets a call fail in each place of the program where none has failed yet, in this command or another one.
fail_places() {
    before=$failed
    when=1
    tried=0
    while [ "$tried" -lt "$most" ]; do
        prepare "$setup"
        seen=$(wc -l <"$work/failed")
        faulty
        [ "$(wc -l <"$work/failed")" -gt "$seen" ] || break
        judge_fault "$name: $(tail -n 1 "$work/failed")"
        tried=$((tried + 1))
    done
    faults=$((faults + tried))
    [ "$failed" -ne "$before" ] || echo "ok - $name: $tried places"
}
# chosen_among TABLE: the rows of a file whose first words were chosen, all of them where none was.
chosen_among() {
    awk -v names=" $chosen " '{ row[NR] = $0; mine[NR] = index(names, " " $1 " ") > 0; any += mine[NR] }
        END { for (i = 1; i <= NR; i++) if (mine[i] || !any) print row[i] }'
}

# beside RANK COMMAND...: the command as one of two ranks, beside the other one, which has no faults.
cat >beside <<'END'
#!/bin/sh
rank=$1
shift
start() {
    other=$1
    shift
    LINK_RANK=$other PMI_RANK=$other exec timeout -k 1 100 "$@"
}
export LINK_COUNT=2 PMI_SIZE=2 GENSAMPLE_MPI_WAIT=4
# shellcheck disable=SC2086
(export LINK_RANK PMI_RANK; start $((1 - rank)) "$RUNS" $COMMAND >/dev/null) &
(export LINK_RANK PMI_RANK; start "$rank" "$@")
status=$?
wait
exit $status
END
chmod +x beside
echo "$commands" | chosen_among >commands
echo "$calls" | chosen_among >calls
: >"$work/failed"
for library in allocations clocks places; do
    ${CC:-cc} -shared -fPIC -o "$work/$library.so" "$here/support/preload/$library.c" 2>cc.txt && continue
    skip "$library" "no library to preload can be made here: $(head -c 200 cc.txt)"
    sed -i "/ $library /d" calls
done
mkdir linked
cp "$program" linked/
if ! ${CC:-cc} -std=c11 -D_GNU_SOURCE -shared -fPIC -I"$here/../src" -o linked/gensample-mpi.so "$here/support/preload/link.c" 2>cc.txt; then
    skip 'ranks' "no link between them can be made here: $(head -c 200 cc.txt)"
    sed -i '/ linked /d' commands
fi
export RUNS COMMAND LINK_FOLDER="$work/messages"
faults=0
while read -r name setup command; do
    beside='' runs=$program
    if [ "$setup" = linked ]; then
        rank=${name#rank-}
        beside="$work/beside ${rank%-*}" runs=$work/linked/gensample
    fi
    RUNS=$runs COMMAND=$command
    target=$(echo "$command" | grep -o 'out/[^ ]*' | head -n 1 | cut -c 5-) # empty: none, or a folder
    group=none
    prepare "$setup"
    # shellcheck disable=SC2086
    keep_status "$program" $command
    if [ $status -ne 0 ] && grep -q 'built without\|needs netCDF' "$work/stderr.txt"; then
        skip "$name" "$(cat "$work/stderr.txt")"
        continue
    elif [ $status -ne 0 ]; then
        not_ok "$name" "fails without a fault: $(head -c 200 "$work/stderr.txt")"
        continue
    fi
    rm -rf "$work/expected"
    cp -r out "$work/expected"
    while read -r group group_calls group_error; do
        [ -z "$beside" ] || [ "$group" = place ] || continue # all others are those of one process
        case $group in place) fail_places ;; *) fail_group ;; esac
    done <"$work/calls"
done <commands
echo "$faults faults"
end_of_cases
