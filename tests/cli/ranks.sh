# Runs in shards over ranks of MPI: the same bytes as of one process, whatever ranks there are and whatever becomes of them;
# sourced by run.sh.
needs_effort 50 || return 0

# launcher ARGUMENT...: mpirun, with shared memory alone, as other transports take longer to begin.
launcher() {
    OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_pml=ob1 OMPI_MCA_btl=self,vader \
        OMPI_MCA_mtl=^ofi OMPI_MCA_osc=^ucx OMPI_MCA_btl_vader_single_copy_mechanism=none \
        exec timeout 1800 mpirun --oversubscribe --bind-to none "$@" >stdout.txt 2>stderr.txt
}
as_rank='echo $$ >pid.$OMPI_COMM_WORLD_RANK; exec "$0" "$@"'
# ranks COUNT ARGUMENT...: as run, by so many ranks, which leave their process numbers in pid.RANK.
ranks() {
    ran="mpirun -n $* (gensample)"
    count=$1
    shift
    (launcher -n "$count" sh -c "$as_rank" "$program" "$@")
    status=$?
}
# tells_once STATUS PATTERN: the last run ended so, and one line of all that its ranks said is an error, with the pattern.
tells_once() {
    [ "$status" -eq "$1" ] && [ "$(grep -c '^gensample: ' stderr.txt)" -eq 1 ] && grep -q "^gensample: .*$2" stderr.txt
}
# begin_ranks SHARDS ARGUMENT...: $began ranks, in the background; goes on when so many shards are there. With $recovery
# mpirun leaves the others alone when one is lost; its exit status is then always 0.
began=2
recovery=
begin_ranks() {
    least=$1
    shift
    rm -f pid.*
    (launcher $recovery -n $began sh -c "$as_rank" "$program" "$@") &
    launched=$!
    while [ "$(find run -name 'shard-*' 2>/dev/null | wc -l)" -lt "$least" ] && kill -0 $launched 2>/dev/null; do
        sleep 0.02
    done
}

if ! command -v mpirun >/dev/null || [ ! -e "$build/gensample-mpi.so" ]; then
    skip 'ranks of MPI' 'there is no mpirun, or this build has no plugin for MPI'
else
    drawn='--model gaussian:dim=2 --steps 10 -n 9000 --shard-size 700'
    accept $drawn --out whole-run
    for count in 2 3; do
        ranks $count $drawn --out run
        check "$count ranks: exit status 0, and nothing but a report" test "$status $(wc -l <stdout.txt) $(wc -l <stderr.txt)" = '0 1 0'
        check "$count ranks: the same bytes" same_run run whole-run
        [ "$count" -eq 3 ] || rm -rf run
    done
    check 'the report says how many' grep -q '^13 of 13 shards of npy in run/; 9000 chains in .* s on 3 ranks$' stdout.txt
    rm run/shard-00003.npy
    printf x >>run/shard-00007.npy
    ranks 2 $drawn --out run --resume
    check 'ranks draw again what is missing or damaged' same_run run whole-run
    check 'which is told once' test "$(grep -c '^warning: .*; it is drawn again$' stderr.txt)" -eq 2
    ranks 2 $drawn --out run
    check 'a folder with a run is refused once' tells_once 2 'run/ has a run already'
    rm -rf run

    # Ranks of several kinds: scalar code on three threads beside the best here on one.
    (launcher -n 1 -x GENSAMPLE_ISA=scalar "$program" $drawn --threads 3 --out run : -n 1 "$program" $drawn --threads 1 --out run)
    status=$?
    check 'ranks with other instruction sets and threads' same_run run whole-run
    rm -rf run
    (launcher -n 1 "$program" $drawn --out run : -n 1 -x GENSAMPLE_ISA=none "$program" $drawn --out run)
    status=$?
    check 'an error of one rank ends all, once' tells_once 2 'rank 1.* "none" is no instruction set'
    (launcher -n 1 "$program" $drawn --out run : -n 1 "$program" $drawn --seed 9 --out run)
    status=$?
    check 'ranks of different runs are refused' tells_once 2 'rank 1.* its seed is 0, of this command it is 9: expected the same'
    check 'and leave nothing' absent run
    (launcher -n 2 "$program" $drawn --out run : -n 1 "$program" $drawn --sampler heun --out run)
    status=$?
    check 'one of three is named' tells_once 2 'rank 2.* its sampler is '
    check 'it leaves nothing either' absent run
    cp -r whole-run run
    (launcher -n 1 "$program" $drawn --out run --resume : -n 1 "$program" $drawn --seed 9 --out run --resume)
    status=$?
    check 'a run that they would go on with stays' tells_once 2 'rank 1.* its seed is 0, of this command it is 9'
    check 'as it was' diff -r run whole-run
    rm -rf run whole-run
    (launcher -n 1 "$program" $drawn --out run : -n 1 "$program" $drawn --out other)
    status=$?
    check 'ranks that name other folders are refused' tells_once 2 'rank 1.* goes on with --out other, that of the first rank --out run: expected the same'
    check 'neither is made' test ! -e run -a ! -e other
    (launcher -n 1 "$program" $drawn --out run : -n 1 "$program" --model rings --out out/samples.npy)
    status=$?
    check 'a rank without shards ends all, which says what to add' tells_once 2 'rank 1.*: --shard-size: missing: .*add --shard-size K and --out DIR/'
    ranks 2 --model rings --out out/samples.npy
    check 'so do all without shards, once' tells_once 2 '--shard-size: missing: each of the 2 processes'
    ranks 2 quantize tiny.bin out/narrow.bin
    check 'commands that ranks do not share are refused' tells_once 2 'quantize: each of the 2 processes would do all of it'
    check 'nothing is written' test -z "$(ls out)"
    (launcher -n 1 "$program" rejection --dim 2 : -n 1 "$program" denoise --input none.npy)
    status=$?
    check 'ranks of different commands are refused' tells_once 2 'rank 1.* its command is denoise, that of the first rank rejection'
    ranks 2 --model rings --nonsense
    check 'an error of the command line is told once' tells_once 2 '--nonsense: unknown option'
    ranks 2 --version
    check 'what only prints is done by each process' test "$status $(wc -l <stdout.txt) $(wc -l <stderr.txt)" = '0 2 0'
    (GENSAMPLE_MPI_WAIT=2 launcher -n 1 "$program" $drawn --out run : -n 1 sleep 1000)
    status=$?
    check 'a rank does not wait for ever for one that never comes' tells_once 1 'rank 0 has waited 2 s for the other processes'
    GENSAMPLE_MPI_WAIT=soon ranks 2 $drawn --out run
    check 'how long it waits is a number' tells_once 2 'GENSAMPLE_MPI_WAIT: "soon"'
    check 'nothing has begun' absent run
    mkdir alone
    cp "$program" alone/
    (launcher -n 2 alone/gensample $drawn --out run)
    status=$?
    check 'without the plugin ranks are refused' tells_once 1 'the plugin for MPI'
    check 'or stay by themselves' env GENSAMPLE_MPI=off OMPI_COMM_WORLD_RANK=0 OMPI_COMM_WORLD_SIZE=2 alone/gensample $drawn --out run
    rm -rf run alone

    # A judge's figures, of pictures.
    judged='--model tiny.bin --steps 2 -n 40 --shard-size 9 --format png --judge judge.bin --json'
    "$program" $judged --out whole-run | sed 's/.*"quality"/"quality"/; s/"warnings".*//' >figures
    ranks 3 $judged --out run
    check 'pictures and sums of a judge' same_run run whole-run
    check 'have the same figures' sh -c 'sed "s/.*\"quality\"/\"quality\"/; s/\"warnings\".*//" stdout.txt | cmp - figures && test -s figures'
    rm -rf run whole-run figures

    # What has no folder: the first rank gets the shares of the others.
    # same_shared FILE ARGUMENT...: one process and 2 and 3 ranks write the same file, and report the same.
    untimed='s/"[a-z_]*seconds*": *[^,}]*//g; s/"proposals_per_second": *[^,}]*//; s/"accepted_per_second": *[^,}]*//'
    same_shared() {
        written=$1
        shift
        accept "$@" --json --out "out/$written"
        mv "out/$written" whole
        sed "$untimed" stdout.txt >figures
        for count in 2 3; do
            ranks $count "$@" --json --out "out/$written"
            sed "$untimed" stdout.txt >now
            check "$1 on $count ranks: the same bytes" cmp "out/$written" whole
            check "$1 on $count ranks: the same figures, once" test "$status $(cmp figures now && wc -l <stderr.txt)" = '0 0'
        done
        rm -f whole figures now "out/$written"
    }
    "$program" --model tiny.bin --steps 2 -n 7 --quiet --out clean.npy
    same_shared denoised.npy denoise --model tiny.bin --judge judge.bin --input clean.npy --noise 0.3,0.5 --steps 1,3
    same_shared denoised.png denoise --model tiny.bin --judge judge.bin --input clean.npy -n 2 --noise 0.3 --steps 2
    shared='denoise --model tiny.bin --input clean.npy -n 2 --noise 0.3 --steps 2 --out out/shared.npy'
    # shellcheck disable=SC2086
    (launcher -n 1 "$program" $shared --seed 0 : -n 1 "$program" $shared --seed 1)
    status=$?
    check 'ranks of different settings say which' tells_once 2 'rank 1.* its command goes on with --seed 1 .*that of the first rank --seed 0 '
    # shellcheck disable=SC2086
    (launcher -n 1 "$program" $shared --dtype bf16 --isa scalar : -n 1 "$program" $shared --dtype bf16 --isa avx512-vnni-bf16)
    status=$?
    if grep -q 'cannot run\|no instruction set' stderr.txt; then
        skip 'instruction sets of bf16' 'this processor does not multiply it'
    else
        check 'ranks whose bytes would differ are refused' tells_once 2 'rank 1.* its command goes on with .*instruction set'
    fi
    check 'and nothing is written' test ! -e out/shared.npy
    same_shared restored.npy restore --model tiny.bin --judge judge.bin --input clean.npy --mask left --draws 2 --noise 0.1
    for algorithm in plain early radius; do
        same_shared accepted.npy rejection --algorithm $algorithm --dim 50 --ratio 1.05 -n 3000 --first 12345
    done
    ranks 3 rejection --dim 20 -n 1000 --json
    sed "$untimed" stdout.txt >now
    "$program" rejection --dim 20 -n 1000 --json | sed "$untimed" >figures
    check 'samples that are only counted' cmp figures now
    ranks 2 rejection --dim 100000 --ratio 2 -n 5
    check 'what would never end is refused once' tells_once 2 'proposals on average'
    (launcher -n 1 "$program" rejection --dim 20 : -n 1 "$program" rejection --dim 21)
    status=$?
    check 'ranks of different settings are refused' tells_once 2 'rank 1.* --dim 21 .* --dim 20 .*: expected the same'
    begin_ranks 0 rejection --dim 2000 --ratio 1.005 -n 10000000
    while [ "$(cut -d ' ' -f 14 "/proc/$(cat pid.1 2>/dev/null)/stat" 2>/dev/null || echo 0)" -lt 100 ]; do # it computes
        sleep 0.02
    done
    kill -s USR1 "$(cat pid.1)"
    wait $launched
    status=$?
    check 'a signal to one rank ends what they share' tells_once 130 'interrupted: '
    rm -f clean.npy figures now

    # Long chains of which one rank is killed: the run ends, and goes on to the same bytes.
    chains='--model gaussian:dim=2 --sampler mala --denoise no --steps 500 -n 600 --shard-size 20 --checkpoint 0.05 --threads 1'
    "$program" $chains --quiet --out whole-run
    begin_ranks 3 $chains --out run
    kill -s KILL "$(cat pid.1)" 2>/dev/null
    wait $launched
    status=$?
    check 'a lost rank ends the run, unless that was over' test $status -ne 0 -o -e run/shard-00029.npy
    "$program" verify run >verified.txt 2>&1
    check 'no shard is half written' grep -q 'as the manifest says' verified.txt
    ranks 2 $chains --out run --resume
    check 'a run that lost a rank goes on' test $status -eq 0
    check 'to the same bytes' same_run run whole-run
    rm -rf run

    # The same where mpirun leaves the others alone: they draw what the lost one had, but not if that is the first.
    recovery=--enable-recovery
    began=3
    begin_ranks 3 $chains --out run
    kill -s KILL "$(cat pid.2)"
    wait $launched
    check 'the others go on without a lost rank' same_run run whole-run
    check 'and say so once' test "$(grep -c '^warning: rank 2.* was lost; the others drew what it had not finished$' stderr.txt)" -eq 1
    rm -rf run
    begin_ranks 3 $chains --out run
    kill -s KILL "$(cat pid.0)" "$(cat pid.1)"
    wait $launched
    status=$?
    check 'without the first rank all end, and the lowest that is left says so' tells_once 0 'rank 0.* was lost, .*: [0-9]* of 30 shards are kept in run/; add --resume'
    "$program" verify run >verified.txt 2>&1
    check 'no shard is half written then' grep -q 'as the manifest says' verified.txt
    ranks 2 $chains --out run --resume
    check 'and the run goes on to the same bytes' same_run run whole-run
    rm -rf run

    # A rank that stands still may go on at any time: its shard is left to the next run.
    (GENSAMPLE_MPI_WAIT=4 && export GENSAMPLE_MPI_WAIT && begin_ranks 3 $chains --out run && kill -s STOP "$(cat pid.2)" && wait $launched)
    status=$?
    check 'a rank that no longer answers ends the run in the end' tells_once 0 'rank 2.* no longer answers: [0-9]* of 30 shards are kept in run/; add --resume'
    ranks 2 $chains --out run --resume
    check 'whose shard is drawn by the next one' same_run run whole-run
    rm -rf run
    recovery=
    began=2

    # A signal to one rank ends all, with their states kept.
    endless='--model gaussian:dim=2 --sampler mala --denoise no --steps 500 -n 2000000 --shard-size 20 --checkpoint 0.05 --threads 1'
    begin_ranks 2 $endless --out run
    kill -s USR1 "$(cat pid.1)"
    wait $launched
    status=$?
    check 'a signal to one rank ends all, once' tells_once 130 'interrupted: [0-9]* of 100000 shards are kept in run/; add --resume'
    check 'its shards are those of one process' cmp run/shard-00001.npy whole-run/shard-00001.npy
    rm -rf run whole-run verified.txt
    rm -f pid.*
fi
