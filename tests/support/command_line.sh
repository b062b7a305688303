# What sections of the command line's tests share; sourced by cli/run.sh. A section makes thousands of short runs, so what every one
# of them is asked is asked of the shell itself: a process per question would take longer than the program.

# needs_effort PERCENT: whether GENSAMPLE_TEST_EFFORT is at least that; otherwise says that the section is left out.
needs_effort() {
    [ "$effort" -ge "$1" ] || skip "$section" "an effort of $effort %: expected $1"
    [ "$effort" -ge "$1" ]
}

# ---- Texts ----

# as_glob PATTERN: the shell's pattern, in $glob, of what grep finds by that one; fails where it has more than characters that
# mean themselves, ".", ".*", and "^" and "$" at its ends.
as_glob() {
    rest=$1
    glob='*'
    end='*'
    case $rest in '^'*) glob= rest=${rest#?} ;; esac
    case $rest in *'$') end= rest=${rest%?} ;; esac
    case $rest in *[][\\?^$]*) return 1 ;; esac
    while
        plain=${rest%%.*}
        case $plain in *'*'*) return 1 ;; esac
        glob=$glob$plain
        [ "$plain" != "$rest" ]
    do
        rest=${rest#*.}
        case $rest in
        '*'*) glob="$glob*" rest=${rest#?} ;;
        *) glob=$glob'?' ;;
        esac
    done
    glob=$glob$end
}
# line_has PATTERN [-F]: whether grep finds the pattern in $line, a text of one line; with -F it is plain text.
line_has() {
    case $line in *"$1"*) return 0 ;; esac
    [ -z "${2:-}" ] || return 1
    if as_glob "$1"; then
        # shellcheck disable=SC2254
        case $line in $glob) return 0 ;; esac
        return 1
    fi
    printf '%s\n' "$line" | grep -q -- "$1"
}
# read_line FILE: its only line, in $line; fails where it has none or several.
read_line() {
    { IFS= read -r line && ! IFS= read -r more && [ -z "$more" ]; } <"$1"
}
# has_only_warnings FILE
has_only_warnings() {
    while IFS= read -r line || [ -n "$line" ]; do
        case $line in 'warning: '*) ;; *) return 1 ;; esac
    done <"$1"
}
# is_empty FOLDER
is_empty() {
    for entry in "$1"/* "$1"/.[!.]* "$1"/..?*; do
        if [ -e "$entry" ] || [ -L "$entry" ]; then return 1; fi
    done
}

# ---- Runs ----

# run ARGUMENT...: runs the program and keeps its standard streams; its status is in $status. CTest ends one that hangs.
run() {
    ran="gensample $*"
    "$program" "$@" >stdout.txt 2>stderr.txt
    status=$?
}
# refuse STATUS PATTERN ARGUMENT...: it exits with that status and one line of error that has the pattern, and writes
# nothing.
refuse() {
    expected=$1
    pattern=$2
    shift 2
    run "$@"
    judge_refusal "gensample $*"
}
# judge_refusal NAME [-F]: the same for the last run; with -F the pattern is plain text.
judge_refusal() {
    if [ "$status" -ne "$expected" ]; then
        not_ok "$1" "exit $status, expected $expected: $(head -c 200 stderr.txt)"
    elif ! read_line stderr.txt || [ "${line#gensample: }" = "$line" ]; then
        not_ok "$1" "not one line of error: $(head -c 200 stderr.txt)"
    elif ! line_has "$pattern" "${2:-}"; then
        not_ok "$1" "no '$pattern' in: $line"
    elif [ -s stdout.txt ] || [ -e samples.png ] || ! is_empty out; then
        not_ok "$1" "something was written"
        rm -rf out samples.png
        mkdir out
    else
        ok "$1"
    fi
}
# accept ARGUMENT...: it exits with 0 and prints nothing but warnings on standard error.
accept() {
    run "$@"
    if [ "$status" -eq 0 ] && has_only_warnings stderr.txt; then
        ok "gensample $*"
    else
        not_ok "gensample $*" "exit $status: $(head -c 300 stderr.txt)"
    fi
}
# says PATTERN ARGUMENT...: the same, and one of its streams has the pattern.
says() {
    wanted=$1
    shift
    run "$@"
    if [ "$status" -ne 0 ] || ! has_only_warnings stderr.txt; then
        not_ok "gensample $*" "exit $status: $(head -c 300 stderr.txt)"
    elif cat stdout.txt stderr.txt | grep -q -- "$wanted"; then
        ok "gensample $*: $wanted"
    else
        not_ok "gensample $*" "no '$wanted' in: $(head -c 300 stdout.txt)"
    fi
}
# fits_schema COMMAND ARGUMENT...: its report fits docs/reports.schema.json.
fits_schema() {
    case_name="the schema of gensample $1"
    ran="gensample $*"
    python3 "$here/schema.py" "$program" "$here/../../docs/reports.schema.json" "$@" >check.txt 2>&1
    case $? in
    0) ok "$case_name" ;;
    77 | 127) skip "$case_name" 'there is no python3-jsonschema' ;;
    *) not_ok "$case_name" "$(tail -c 300 check.txt)" ;;
    esac
}
# noted_command FILE NAME: the command noted in a picture draws it again.
noted_command() {
    noted=$(tr -c ' -~' '\n' <"$1" | grep -A 1 'gensample:command' | tail -n 1 | sed 's/\(--out [a-z.]*png\).*/\1/')
    mv "$1" noted.png
    # shellcheck disable=SC2086
    (eval "set -- ${noted#gensample}" && "$program" "$@") >stdout.txt 2>stderr.txt
    check "$2" cmp "${1##*/}" noted.png
    rm -f "${1##*/}"
}

# ---- Files ----

# hex FILE OFFSET COUNT
hex() {
    od -An -v -tx1 -j "$2" -N "$3" "$1" | tr -d ' \n'
}
file_size() {
    wc -c <"$1" | tr -d ' '
}
# is_png FILE WIDTH HEIGHT TYPE: checks the signature, IHDR and IEND.
is_png() {
    [ "$(hex "$1" 0 8)" = 89504e470d0a1a0a ] && [ "$(hex "$1" 16 10)" = "$(printf '%08x%08x08%02x' "$2" "$3" "$4")" ] &&
        [ "$(tail -c 12 "$1" | od -An -v -tx1 | tr -d ' \n')" = 0000000049454e44ae426082 ]
}
# npy_shape FILE SHAPE BYTES
npy_shape() {
    [ "$(hex "$1" 0 8)" = 934e554d50590100 ] && head -c 128 "$1" | grep -aqF "'descr': '<f4'" &&
        head -c 128 "$1" | grep -aqF "'fortran_order': False, 'shape': ($2)" && [ "$(file_size "$1")" -eq $((128 + $3)) ]
}
absent() {
    [ ! -e "$1" ]
}
# same_run FOLDER FOLDER: both runs in shards have the same files with the same bytes, and nothing hidden.
same_run() {
    diff -r "$1" "$2" && [ -z "$(find "$1" -name '.?*')" ]
}

# ---- Signals ----

# has_ended: whether the process $pid has ended, waited for or not.
has_ended() {
    ! kill -0 "$pid" 2>/dev/null || grep -q '^State:[[:space:]]*Z' "/proc/$pid/status"
}
# interrupt SIGNAL ARGUMENT...: sends the signal after a while; if that was too early for standard error to have the pattern,
# once more after a longer while, so that no case depends on the machine's speed. The status is in $status.
interrupt() {
    signal=$1
    shift
    ran="gensample $* and SIG$signal"
    for wait in 0.3 1 3 10 30 100; do
        timeout --preserve-status -k 300 -s "$signal" $wait "$program" "$@" >stdout.txt 2>stderr.txt
        status=$?
        ! grep -q -- "$pattern" stderr.txt || break
    done
}
# find_signals: those that end a run, in $signals. The program leaves some ignored where they are, as under nohup(1), and a
# shell cannot undo that.
find_signals() {
    signals='INT TERM'
    ignored=$(sed -n 's/^SigIgn:[[:space:]]*//p' "/proc/$$/status")
    for signal in HUP:1 USR1:10 XCPU:24; do
        if [ $((0x${ignored:-0} >> (${signal#*:} - 1) & 1)) -eq 0 ]; then
            signals="$signals ${signal%:*}"
        else
            skip "SIG${signal%:*}" 'it is ignored here'
        fi
    done
}

# ---- Networks and images besides those of models.sh ----

# energy NAME RANGE SIGMAS: E = (1/2) |x - 1|^2 / (1/4 + sigma^2).
energy() {
    weight_file "$1.bin" '' '{"name":"'"$1"'","kind":"energy","data":{"shape":[1,8,8],"range":['"$2"'],"sigma":['"$3"']},
"inputs":["x","sigma"],"graph":{"nodes":[{"name":"m","op":"affine","inputs":["x"],"attributes":{"shift":-1}},
{"name":"q","op":"square","inputs":["m"]},{"name":"t","op":"sum","inputs":["q"],"attributes":{"over":"all"}},
{"name":"s2","op":"square","inputs":["sigma"]},
{"name":"v","op":"affine","inputs":["s2"],"attributes":{"scale":2,"shift":0.5}},
{"name":"r","op":"reciprocal","inputs":["v"]},{"name":"e","op":"mul","inputs":["t","r"]}],"outputs":["e"]}}' </dev/null
}
# images: networks of other ranges and shapes, six images as an IDX file and a picture, and one of numbers out of range.
images() {
    energy bright 0,1 0.01,30
    energy centred -1,1 0.01,30
    energy narrow 0,1 0.1,1
    weight_file wide.bin '' '{"name":"wide","kind":"denoiser","data":{"shape":[1,16,16],"range":[0,1],
"sigma":[0.01,30]},"inputs":["x","sigma"],"graph":{"nodes":['"$denoise"'],"outputs":["d"]}}' </dev/null
    drawn='--sampler heun --steps 2 --sigmas 0.01,0.2 --quiet'
    "$program" --model tiny.bin -n 6 $drawn --out six.idx
    "$program" --model tiny.bin -n 6 $drawn --out six.png
    "$program" --model rgb.bin -n 2 $drawn --out rgb.idx
    printf '\223NUMPY\001\000\072\000%-57s\n' "{'descr':'<f4','fortran_order':False,'shape':(8,8)}" >range.npy
    # shellcheck disable=SC2046
    floats $(yes -- -1 | head -n 64) >>range.npy
}
# labelled_images: the same, with labels in files of their own, beside the images, and in an archive; others that do not fit.
labelled_images() {
    images
    mkdir named
    cp six.idx named/x-images-idx3-ubyte
    labels_file named/x-labels-idx1-ubyte 0 1 2 0 1 2
    labels_file labels.idx 2 1 0 2 1 0
    labels_file few.idx 2 1 0
    labels_file high.idx 2 1 0 2 1 3
    gzip -c labels.idx >labels.idx.gz
    "$program" view named/x-images-idx3-ubyte --out labelled.npz >view.txt
}
# same MODEL NAME OPTIONS...: the same bytes however the program is run; compares with one scalar thread.
same() {
    model=$1
    name=$2
    shift 2
    "$program" --model "$model" --quiet "$@" --threads 1 --isa scalar --block 1 --out out/reference.npy
    for isa in $("$program" cpu | awk '$2 == "supported" { print $1 }'); do
        "$program" --model "$model" --quiet "$@" --isa "$isa" --out out/isa.npy
        check "$name: same bytes with $isa" cmp out/isa.npy out/reference.npy
        GENSAMPLE_ISA=$isa "$program" --model "$model" --quiet "$@" --threads 2 --out out/isa.npy
        check "$name: same bytes with GENSAMPLE_ISA=$isa" cmp out/isa.npy out/reference.npy
    done
    for threads in 1 2 3; do
        "$program" --model "$model" --quiet "$@" --threads $threads --out out/threads.npy
        check "$name: same bytes with $threads threads" cmp out/threads.npy out/reference.npy
    done
    for block in 1 2 7 64; do
        "$program" --model "$model" --quiet "$@" --threads 2 --block $block --out out/block.npy
        check "$name: same bytes in blocks of $block" cmp out/block.npy out/reference.npy
    done
}
# prefix MODEL NAME BYTES OPTIONS...: -n 10 gives the first ten of -n 100, and --first 90 the last ten; BYTES is the
# size of a sample.
prefix() {
    model=$1
    name=$2
    bytes_a_sample=$3
    shift 3
    "$program" --model "$model" --quiet "$@" -n 100 --out out/100.npy
    "$program" --model "$model" --quiet "$@" -n 10 --out out/10.npy
    "$program" --model "$model" --quiet "$@" -n 10 --first 90 --out out/90.npy
    tail -c +129 out/100.npy >out/all
    tail -c +129 out/10.npy >out/ten
    tail -c +129 out/90.npy >out/last
    head -c $((10 * bytes_a_sample)) out/all >out/all10
    tail -c $((10 * bytes_a_sample)) out/all >out/all90
    check "$name: -n 10 is the first ten of -n 100" cmp out/ten out/all10
    check "$name: --first 90 is the last ten" cmp out/last out/all90
    check "$name: the samples are not all the same" sh -c '! cmp -s out/ten out/last'
}
