# Ranks that lose each other, and links that fail: sourced by run.sh. A link of files takes MPI's place, which lets each message
# be the one at which a rank dies, stands still or is late (support/preload/link.c).
needs_effort 50 || return 0

beat=1 says=2 hears=3 share=5 asks=6 tells=7 ends=8 shard=9 # kinds of messages, as in src/app/ranks.h and dealer.c
# The last message to three ranks before they draw: rank 0 begins a second after rank 1, which so has the first shards.
begins_late="late $hears 20 1"

# plugin FILE OPTION...: a link as a plugin.
plugin() {
    file=$1
    shift
    ${CC:-cc} -std=c11 -D_GNU_SOURCE -shared -fPIC -I"$here/../../src" "$@" -o "$file" "$here/../support/preload/link.c" 2>cc.txt
}
# as_rank RANK COUNT ARGUMENT...: one rank, in the working directory; its streams are stdout.RANK and stderr.RANK, its status is in
# status.RANK. MPI would end a rank that stands still by force: $stopped, if set, is that one. Rank 1 works in the folder $elsewhere,
# if that is set, and $preload is preloaded into rank 0.
as_rank() {
    LINK_FOLDER=$PWD/messages LINK_RANK=$1 LINK_COUNT=$2 PMI_RANK=$1 PMI_SIZE=$2 GENSAMPLE_MPI_WAIT=4.999999
    export LINK_FOLDER LINK_RANK LINK_COUNT PMI_RANK PMI_SIZE GENSAMPLE_MPI_WAIT
    shift 2
    place=.
    [ "$LINK_RANK" -ne 1 ] || place=${elsewhere:-.}
    [ "$LINK_RANK" -ne 0 ] || [ -z "${preload:-}" ] || set -- env LD_PRELOAD="$preload" "$@"
    # shellcheck disable=SC2016
    timeout -k 1 600 sh -c 'echo $$ >"pid.$LINK_RANK"; cd "$0" && exec "$@"' "$place" "$@" >"stdout.$LINK_RANK" 2>"stderr.$LINK_RANK"
    echo $? >"status.$LINK_RANK"
    [ ! -e messages/abandoned ] || [ -z "${stopped:-}" ] || kill -s KILL "$(cat "pid.$stopped")" 2>/dev/null
}
# begin NAME COUNT ARGUMENT...: so many ranks in the background, in a folder of that name; $fault_RANK has the faults of one.
begin() {
    mkdir -p "$1/messages"
    (
        cd "$1" || exit
        count=$2
        shift 2
        rank=0
        while [ $rank -lt "$count" ]; do
            eval "LINK_FAULTS=\${fault_$rank:-}"
            export LINK_FAULTS
            as_rank $rank "$count" "$linked" "$@" &
            rank=$((rank + 1))
        done
        wait
    ) 2>/dev/null &
    fault_0='' fault_1='' fault_2='' stopped='' elsewhere='' preload=''
}
# ended NAME STATUS...: the ranks ended so; what they said together is in NAME/said.
ended() {
    folder=$1
    ran="the ranks of $folder"
    shift
    rank=0
    cat "$folder"/stderr.* >"$folder/said"
    for expected; do
        [ "$(cat "$folder/status.$rank")" -eq "$expected" ] || { tail -n 3 "$folder"/std*.* "$folder"/status.*; return 1; }
        rank=$((rank + 1))
    done
}
# told NAME PATTERN: one line of all that the ranks said is an error, with the pattern.
told() {
    cat "$1/said"
    [ "$(grep -c '^gensample: ' "$1/said")" -eq 1 ] && grep -q "^gensample: .*$2" "$1/said"
}
# block FOLDER: the same run, in a folder where no shard can be written.
block() {
    mkdir -p "$1/run"
    cp whole/manifest.json "$1/run/"
    for file in whole/shard-*; do
        mkdir -p "$1/run/${file##*/}/in/the/way"
    done
}
# goes_on NAME: two ranks go on with the run, to the same bytes.
goes_on() {
    rm -rf "$1/messages"
    # shellcheck disable=SC2086
    begin "$1" 2 $chains --out run --resume
    wait $!
    ended "$1" 0 0 && same_run "$1/run" whole
}

if [ -n "${EMULATOR:-}" ] || ! mkdir linked || ! plugin linked/gensample-mpi.so; then
    skip 'links of ranks' "no plugin can be made here: $(head -c 200 cc.txt 2>/dev/null)"
    return 0
fi
[ -n "$sanitizer" ] || ${CC:-cc} -shared -fPIC -o clocks.so "$here/../support/preload/clocks.c" 2>cc.txt
cp "$program" linked/
linked=$PWD/linked/gensample
chains='--model gaussian:dim=2 --sampler mala --denoise no --steps 500 -n 600 --shard-size 20 --checkpoint 0.05 --threads 1'
shared='rejection --dim 20 -n 1000 --out out.npy'
# shellcheck disable=SC2086
"$program" $chains --quiet --out whole
# shellcheck disable=SC2086
"$program" $shared --quiet

# ---- Beginning ----

# first_rank ARGUMENT...: the program as the first of two ranks, of which there is no other.
first_rank() {
    ran="the first rank of $*"
    env PMI_RANK=0 PMI_SIZE=2 LINK_RANK=0 LINK_COUNT=2 LINK_FOLDER="$PWD" "$@" >stdout.txt 2>stderr.txt
    status=$?
}
expected=2
for wait in '' 4s soon 0.5 2e6; do
    # shellcheck disable=SC2086
    first_rank GENSAMPLE_MPI_WAIT="$wait" "$linked" $chains --out out/run
    pattern="GENSAMPLE_MPI_WAIT: \"$wait\" in the environment: expected seconds, 1 ... 1e+06"
    judge_refusal "waiting for '$wait'" -F
done
expected=1
mkdir bad bad/bin
cp "$program" bad/bin/
installed=$(grep -ao '\.\./[./a-z0-9_-]*/gensample-mpi\.so' "$program" | head -n 1)
mkdir -p "bad/bin/${installed%/*}"
# refuse_plugin NAME PATTERN: what is in the place of an installed plugin is none.
refuse_plugin() {
    pattern=$2
    # shellcheck disable=SC2086
    first_rank GENSAMPLE_MPI=yes bad/bin/gensample $chains --out out/run
    judge_refusal "$1"
}
plugin "bad/bin/$installed" -DLINK_BYTES=8
refuse_plugin 'a plugin of another version' "the plugin for MPI, .*/gensample-mpi.so, cannot be loaded: it is of another version$"
plugin "bad/bin/$installed" -Dgs_link_mpi=gs_link_other
refuse_plugin 'a library that is no plugin' 'cannot be loaded: .*gs_link_mpi'
echo no library >"bad/bin/$installed"
refuse_plugin 'a plugin that is no library' 'cannot be loaded: .*gensample-mpi.so'
rm "bad/bin/$installed"
# Slurm may not say how many processes it has started.
# shellcheck disable=SC2086
{
    ran='a rank of nobody knows how many'
    check 'without a plugin each works by itself' env PMIX_RANK=0 bad/bin/gensample $chains --quiet --out run
    check 'as one process' same_run run whole
    rm -rf run
    mkdir alone
    check 'with one there may be one rank' env PMIX_RANK=0 LINK_RANK=0 LINK_COUNT=1 LINK_FOLDER=alone "$linked" $chains --quiet --out run
    check 'which draws the same' same_run run whole
    rm -rf run alone bad
}

# ---- Losing each other ----

# All at once, as most of it is waiting for ranks that are silent.
# shellcheck disable=SC2086
{
    begin none 3 ${chains%1}2 --out run
    begin shares 3 $shared
    fault_0=begin fault_1=begin
    begin refused 2 $chains --out run
    fault_1="kill-take $shard 1" fault_0=$begins_late
    begin one 3 $chains --out run
    fault_1="kill-send $says 1"
    begin early 3 $chains --out run
    fault_1="lose $beat 1,late $says 1 6" fault_2="late $says 1 8"
    begin stale 3 $chains --out run
    fault_1="kill-take $hears 5" fault_0=stuck
    begin head 2 $chains --out run
    fault_0="kill-send $shard 2,late $hears 30 1"
    begin first 4 $chains --out run
    fault_0="kill-send $shard 2,$begins_late" fault_1="late $tells 1 6"
    begin drawing 3 $chains --out run
    fault_0="kill-send $shard 3,$begins_late" fault_1="kill-take $shard 2"
    begin both 3 $chains --out run
    fault_0="kill-send $hears 1"
    begin unanswered 3 $chains --out run
    fault_0="kill-send $share 1"
    begin headless 3 $chains --out run
    fault_0="stop-send $shard 2,$begins_late" stopped=0
    begin still 3 $chains --out run
    fault_1="stop-take $shard 2" fault_0=$begins_late stopped=1
    begin stuck 3 $chains --out run
    fault_1="lose $beat 1,late $asks 2 6" fault_2="late $asks 2 8" fault_0=$begins_late
    begin silent 3 $chains --out run
    fault_1="lose $beat 1,late $ends 1 6" fault_2="late $ends 1 8"
    begin leaving 3 $chains --out run
    fault_0="usr1-send $shard 1,$begins_late" fault_1="late $ends 1 2"
    begin late 3 $chains --out run
    if [ -e clocks.so ]; then
        fault_0="usr1-send $shard 1,$begins_late" fault_1="late $ends 1 4" preload=$PWD/clocks.so
        begin jumping 3 $chains --out run
    fi
    elsewhere=none
    mkdir -p strange/none foreign/other
    begin strange 2 $chains --out run
    elsewhere=other
    "$program" $chains --seed 9 --quiet --out foreign/other/run
    begin foreign 2 $chains --out run
    elsewhere=blocked fault_0=$begins_late
    block blocked/blocked
    begin blocked 3 $chains --out run
    elsewhere=blocked fault_0="usr1-send $shard 1,$begins_late"
    block halted/blocked
    begin halted 3 $chains --out run
    fault_1="kill-send $share 1"
    begin share 3 $shared
}
wait

check 'ranks of a link of files end well' ended none 0 0 0
check 'with the same bytes' same_run none/run whole
check 'so do their shares' ended shares 0 0 0
check 'which are the same' cmp shares/out.npy out.npy
check 'a link that cannot begin' ended refused 1 1
check 'says why, once' told refused 'this link is made to fail$'
check 'nothing is written' absent refused/run
check 'a rank that dies with a shard' ended one 0 137 0
check 'loses nothing' same_run one/run whole
check 'and is named' grep -q '^warning: rank 1.* was lost; the others drew what it had not finished$' one/said
check 'one that dies before it says what it does' ended early 0 137 0
check 'loses nothing either' same_run early/run whole
check 'what a rank says after it was given up' ended stale 0 130 0
check 'is not heard' same_run stale/run whole
check 'so does one that dies before it hears what the run is' ended head 0 137
check 'of which nothing ever leaves' same_run head/run whole
check 'without the first rank' ended first 137 130 130 130
check 'one of the others says so' told first 'rank 0.* was lost, which alone notes what is finished: [0-9]* of 30 shards are kept in run/; add --resume'
check 'and the run goes on' goes_on first
check 'a rank that draws while the first one dies' ended drawing 137 130 130
check 'ends too' told drawing 'rank 0.* was lost, which alone notes what is finished: '
check 'without the first two ranks' ended both 137 137 130
check 'the third one says so' told both 'rank 0.* was lost, .* add --resume'
check 'and that run goes on' goes_on both
check 'a first rank that does not answer' ended unanswered 137 130 130
check 'is given up' told unanswered 'rank 0.* has not answered for 5 s, and is given up$'
check 'one that does not say what the run is' ended headless 137 1 1
check 'is told by another one' told headless 'rank 0.* was lost with its share, and nothing is written: repeat the command$'
check 'nothing is written then' absent headless/run
check 'a first rank that stands still' ended still 137 130 130
check 'is given up as lost' told still 'rank 0.* was lost, .* add --resume'
check 'and the run goes on without it' goes_on still
check 'another rank that stands still' ended stuck 130 137 130
check 'no longer answers' told stuck 'rank 1.* no longer answers: [0-9]* of 30 shards are kept in run/; add --resume'
check 'and the run goes on, with its shard' goes_on stuck
check 'a rank that is only silent' ended silent 130 130 130
check 'is given up, and what it hands in afterwards is not taken' grep -q '^gensample: rank 1.* no longer answers: 29 of 30 shards' silent/said
check 'but is drawn by the next run' goes_on silent
check 'one that ends after it was given up' ended leaving 0 130 0
check 'is not waited for' same_run leaving/run whole
check 'one that ends late, when all are to end' ended late 130 130 130
check 'does not keep the first one from saying so' told late 'interrupted: [0-9]* of 30 shards are kept in run/; add --resume'
check 'and the interrupted run goes on' goes_on late
if [ -e clocks.so ]; then
    check 'one that never ends' ended jumping 130 130 130
    check 'is given up in the end' test -e jumping/messages/abandoned
    check 'and the run goes on without it, too' goes_on jumping
fi
check 'a rank whose folder is another one' ended strange 1 1
check 'says that the run is not there' told strange 'rank 1.*: run/manifest.json: '
check 'or that it is another run' ended foreign 2 2
check 'which it names' told foreign 'rank 1.*: run is of another run: its seed is 9, of this command it is 0'
for name in blocked halted; do
    check "$name: a rank that can write no shard" ended $name 1 1 1
    check "$name: ends the run in its own words" told $name 'rank 1.*: run/shard-.* is in the way of a shard: move it away, .* of 30 shards are kept in run/'
    check "$name: which goes on" goes_on $name
done
check 'a rank that dies with its share' ended share 1 137 1
check 'ends all' told share 'rank 1.* was lost with its share, and nothing is written: repeat the command$'
check 'without an output' absent share/out.npy
rm -rf whole out.npy
