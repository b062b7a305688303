# Runs in shards: what they write, how they go on, and what they refuse; sourced by run.sh.
needs_effort 50 || return 0

find_signals
points='--model gaussian:dim=2 --steps 4 -n 1000'
# join FOLDER: the numbers of its shards, one after the other.
join() {
    for file in "$1"/shard-*.npy; do
        tail -c +129 "$file"
    done
}

# Shards are the samples of one file, whatever their size.
"$program" $points --quiet --out out/whole.npy
tail -c +129 out/whole.npy >whole
rm out/whole.npy
for size in 1000 300 1; do
    n=$([ $size = 1 ] && echo 20 || echo 1000)
    run --model gaussian:dim=2 --steps 4 -n $n --quiet --shard-size $size --out run/
    check "shards of $size: exit status 0" test $status -eq 0
    join run | cmp -n $((n * 8)) - whole >/dev/null 2>&1
    check "shards of $size have the same samples" test $? -eq 0
    accept verify run
    rm -rf run
done
for format in npy npz idx png; do
    accept --model cond.bin --label all --steps 2 -n 10 --shard-size 4 --format $format --out run/
    accept verify run/
    accept --model cond.bin --label all --steps 2 -n 10 --shard-size 4 --format $format --out run --resume
    check "$format: a finished run is found finished" grep -q '^3 of 3 shards of .*, 3 of them from before$' stdout.txt
    mv run "of.$format"
done
check 'a shard of idx' test "$(hex of.idx/shard-00002.idx 0 16) $(file_size of.idx/shard-00002.idx)" = '00000803000000020000000800000008 144'
check 'a shard of pictures' is_png of.png/shard-00002/1.png 8 8 0
check 'names its hash' test "$(cat of.png/shard-00000/*.png | sha256sum | cut -c 1-64)" = "$(sed -n 's/.*"shard": 0,.*"sha256": "\([0-9a-f]*\)".*/\1/p' of.png/manifest.json)"

# What is damaged is found, and drawn again to the same bytes.
cp -r of.png run
printf x >>run/shard-00001/2.png
rm -r run/shard-00000
touch run/shard-00002/more
run verify run
check 'a line per damaged shard' test "$(wc -l <stdout.txt) $(wc -l <stderr.txt) $status" = '3 1 1'
accept --model cond.bin --label all --steps 2 -n 10 --shard-size 4 --format png --out run --resume
check 'damaged pictures are drawn again' same_run run of.png
rm -rf run
cp -r of.npz run
printf '\377' | dd of=run/shard-00001.npz bs=1 seek=200 conv=notrunc 2>/dev/null
rm run/shard-00002.npz
mkfifo run/shard-00002.npz
run verify run
check 'a changed byte and a pipe are damaged shards' test "$(grep -c 'its SHA-256 is\|is no regular file' stdout.txt) $status" = '2 1'
accept --model cond.bin --label all --steps 2 -n 10 --shard-size 4 --format npz --out run --resume
check 'both are drawn again' same_run run of.npz
refuse 1 'nowhere/manifest.json: cannot be opened' verify nowhere

# A run that is not finished, or is not what its manifest says, does not pass.
reseal() { # put the hash of the head as it is now into a manifest
    sum=$(sed '/"head_sha256"/,$d' "$1" | sha256sum | cut -c 1-64)
    sed "s/\(\"head_sha256\": \"\)[0-9a-f]*/\1$sum/" "$1" >resealed
    mv resealed "$1"
}
cp run/manifest.json whole.json
sed '/"shard": 2/d; /"shard": 1/s/,$//' whole.json >run/manifest.json
run verify run
check 'an unfinished run: exit status 1' test $status -eq 1
check 'an unfinished run: what there is is as it was' grep -q '^2 of 3 shards are finished, and as the manifest says$' stdout.txt
check 'an unfinished run: is said' grep -q '^gensample: run/: the run is unfinished: 1 of 3 shards is missing;' stderr.txt
for change in 's/"seed": 0/"seed": 1/' 's/"shape": \[1, 8, 8\]/"shape": [1, 4, 16]/' 's/"hash": "./"hash": "g/' 's/"steps": 2/"steps": 3/'; do
    sed "$change" whole.json >run/manifest.json
    refuse 1 'what the run is was changed after it was written; .* put back a copy' verify run
done
sed 's/"shape": \[1, 8, 8\]/"shape": [1, 4, 16]/' whole.json >run/manifest.json
reseal run/manifest.json
run verify run
check 'a shape that the shards have not' test "$(grep -c ' but the manifest says samples of 1 x 4 x 16$' stdout.txt) $status" = '3 1'
sed 's/"shard": 2/"shard": 7/' whole.json >run/manifest.json
refuse 1 'found number 7, but the run has 3, from number 0 on' verify run
sed 's/"sha256": "[0-9a-f]\{4\}/"sha256": "0000/' whole.json >run/manifest.json
run verify run
check 'hashes of other shards' test "$(grep -c 'its SHA-256 is' stdout.txt) $status" = '3 1'
mv whole.json run/manifest.json
for format in npy idx png; do
    sed 's/"shape": \[1, 8, 8\]/"shape": [1, 16, 4]/' of.$format/manifest.json >changed
    mv changed of.$format/manifest.json
    reseal of.$format/manifest.json
    run verify of.$format
    check "$format: a shape that the shards have not" test "$(grep -c ' but the manifest says samples of 1 x 16 x 4$' stdout.txt) $status" = '3 1'
done
accept --model gaussian:dim=2 --sampler mala --denoise no --steps 4 --temperature 0.9999 -n 2 --shard-size 2 --out short
check 'numbers are short' grep -q '"temperature": 0.9999, ' short/manifest.json
rm -r short
refuse 2 'expected the folder of a run' verify

# Another run, or no run at all, is refused in words.
drawn='--model cond.bin --label all --steps 2 -n 10 --shard-size 4 --format npz'
refuse 2 'run/ has a run already: add --resume' $drawn --out run
refuse 2 'its seed is 0, of this command it is 3;' $drawn --out run --resume --seed 3
refuse 2 'its steps is 2, of this command it is 3;' --model cond.bin --label all --steps 3 -n 10 --shard-size 4 --format npz --out run --resume
refuse 2 'its model is "conditional\|its [a-z]* is .*, of this command' --model tiny.bin --steps 2 -n 10 --shard-size 4 --format npz --out run --resume
refuse 2 'its format is "npz", of this command it is "npy";' --model cond.bin --label all --steps 2 -n 10 --shard-size 4 --out run --resume
refuse 2 'its n is 10, of this command it is 11;' --model cond.bin --label all --steps 2 -n 11 --shard-size 4 --format npz --out run --resume
mkdir -p other/kept/deep
rm run/shard-00001.npz
mv other/kept run/shard-00001.npz
run $drawn --out run --resume
check 'what is in the way of a shard, and how to go on' grep -q '^gensample: run/shard-00001.npz: is in the way of a shard: move it away, as it cannot be removed: .*: 2 of 3 shards are kept in run/; repeat the command to go on$' stderr.txt
rmdir run/shard-00001.npz/deep run/shard-00001.npz
accept $drawn --out run --resume
touch other/file
refuse 1 'has files, but no manifest.json' $drawn --out other --resume
rm -r other
refuse 2 'add --shard-size' --model tiny.bin -n 4 --resume
refuse 2 'add --out DIR/' --model tiny.bin -n 4 --shard-size 2
refuse 2 '^gensample: --out: - is standard output, but shards go into a folder' --model tiny.bin -n 4 --shard-size 2 --out -
refuse 2 'add -n' --model tiny.bin --shard-size 2 --out other
refuse 2 'cannot go with --trajectory' --model tiny.bin -n 4 --shard-size 2 --trajectory --out other
refuse 2 'are more than 100000 shards' --model tiny.bin -n 100001 --shard-size 1 --out other
refuse 2 'shards are no pgm pictures' --model tiny.bin -n 4 --shard-size 2 --format pgm --out other
refuse 2 'does not stop between its steps' --model tiny.bin -n 4 --shard-size 2 --keep-every 2 --out other
refuse 2 'more than the steps after burn-in' --model plain.bin --sampler mala --steps 10 -n 4 --shard-size 2 --keep-every 6 --out other
for text in '' '{' '[]' '{}' '{"manifest": 2}' "$(head -c 400 run/manifest.json)"; do
    printf '%s' "$text" >run/manifest.json
    refuse 1 'this is no manifest of gensample, or is damaged' $drawn --out run --resume
    refuse 1 'this is no manifest of gensample, or is damaged' $drawn --out run
    refuse 1 'this is no manifest of gensample, or is damaged: put back a copy of it, or draw the run again' verify run
done
rm -rf run of.npy of.npz of.idx of.png

# Products that round by instruction set: which one to name again.
native=
for isa in $("$program" cpu | awk '$2 == "supported" { print $1 }'); do
    "$program" cpu --isa "$isa" >types.txt
    ! grep -q '^  bf16  *natively' types.txt || native=$isa
done
if [ -n "$native" ]; then
    drawn='--model gaussian:dim=2 --steps 4 -n 10 --shard-size 4 --dtype bf16'
    accept $drawn --isa scalar --out run
    refuse 2 "its isa is any with exact products (as of --isa scalar), of this command it is \"$native\"; repeat the settings" $drawn --isa "$native" --out run --resume
    accept $drawn --isa scalar --out run --resume
    rm -r run
    accept $drawn --isa "$native" --out run
    refuse 2 "its isa is \"$native\", of this command it is any with exact products" $drawn --isa scalar --out run --resume
    rm -r run
else
    skip 'the instruction set of a run' 'this CPU has no dot products of bf16'
fi
drawn='--model plain.bin --sampler mala --steps 4 -n 4 --shard-size 4'
accept $drawn --keep-every 1 --out run
check 'one shard is one' grep -q '^1 of 1 shard of npy in run/; ' stdout.txt
refuse 2 'its keep_every is 1, of this command it is not given; repeat' $drawn --out run --resume
rm -r run

# Killed at any moment, a run goes on to the same bytes and leaves nothing else. A run that ends before a kill is compared
# and begun again, so that all kills meet one that is on its way.
# kill_and_resume NAME ARGUMENT...
kills=${GENSAMPLE_TEST_KILLS:-5}
kill_and_resume() {
    name=$1
    shift
    ran="gensample $*"
    began=$(date +%s%N)
    "$program" "$@" --out whole-run/ >stdout.txt 2>stderr.txt
    check "$name: without a kill" test $? -eq 0
    took=$((($(date +%s%N) - began) / 1000)) # microseconds
    i=0 killed=0 ended=0 differing=0
    while [ $killed -lt "$kills" ] && [ $i -lt $((20 * kills)) ]; do
        uncounted timeout -s KILL "$(awk "BEGIN { srand($i); print 0.001 + rand() * $took / 1e6 }")" \
            "$program" "$@" --out run/ --resume >stdout.txt 2>stderr.txt
        status=$?
        i=$((i + 1))
        if [ $status -eq 137 ]; then
            killed=$((killed + 1))
        else
            ended=$((ended + 1))
            { [ $status -eq 0 ] && same_run run whole-run; } || differing=$((differing + 1))
            rm -rf run
        fi
    done
    check "$name: killed" test $killed -eq "$kills"
    check "$name: the same bytes as without kills, each time it ends between them" test $differing -eq 0
    "$program" "$@" --out run/ --resume >stdout.txt 2>stderr.txt
    check "$name: goes on after kills" test $? -eq 0
    check "$name: the same bytes as without them" same_run run whole-run
    [ -z "${GENSAMPLE_TEST_KILLS:-}" ] || echo "# $name: $killed kills in $((ended + 1)) runs"
    rm -rf run whole-run
}
many=$([ -n "$slow" ] && echo 2000 || echo 20000)
kill_and_resume 'points' --model gaussian:dim=2 --steps 10 -n $many --shard-size 1500 --checkpoint 0.01 --threads 2
kill_and_resume 'pictures and their judge' --model tiny.bin --steps 2 -n 120 --shard-size 40 --format png --scale 2 --judge judge.bin --threads 2 --checkpoint 0.01
for sampler in langevin mala hmc; do
    kill_and_resume "$sampler" --model gaussian:dim=2 --sampler $sampler --denoise no --steps $((many / 10)) --keep-every 100 -n 60 \
        --shard-size 40 --checkpoint 0.01 --threads 2
done

# Signals end it with 130 and say what is kept; what is kept is the beginning of all of it.
for signal in $signals; do
    "$program" --model gaussian:dim=2 --steps 4 -n 1000000000 --shard-size 100000 --out run/ --quiet >stdout.txt 2>stderr.txt &
    pid=$!
    while [ ! -e run/shard-00000.npy ] && ! has_ended; do
        sleep 0.1
    done
    kill -s $signal "$pid"
    wait "$pid"
    status=$?
    check "SIG$signal ends a run in shards with 130" test $status -eq 130
    check "SIG$signal: what is kept is said" grep -q '^gensample: interrupted: [1-9][0-9]* of 10000 shards are kept in run/; add --resume to go on$' stderr.txt
    run verify run
    check "SIG$signal: and is sound" grep -q '^[1-9][0-9]* of 10000 shards \(is\|are\) finished, and as the manifest says$' stdout.txt
    check "SIG$signal: but unfinished" test $status -eq 1
    head -c $((128 + 8000)) run/shard-00000.npy | tail -c 8000 | cmp -s - whole
    check "SIG$signal: the first samples" test $? -eq 0
    rm -rf run
done

# A full disk: what was finished stays, and the run goes on when there is room.
if [ "$sanitizer" = thread ]; then
    skip 'a shard past the limit' 'the thread sanitizer itself writes a larger file'
else
    drawn='--model gaussian:dim=64 --steps 4 -n 1500 --shard-size 1000 --quiet --checkpoint 0'
    "$program" $drawn --out whole-run
    (
        ulimit -S -f 300
        exec "$program" $drawn --out run
    ) >stdout.txt 2>stderr.txt
    status=$?
    check 'a shard past the limit: exit status 1' test $status -eq 1
    check 'a shard past the limit: one line' grep -q '^gensample: run/shard-00000.npy: cannot write: File too large: 0 of 2 shards are kept in run/; add --resume to go on$' stderr.txt
    check 'a shard past the limit: nothing but the manifest' test "$(ls -A run)" = manifest.json
    accept $drawn --out run --resume
    check 'and the run goes on' same_run run whole-run
    rm -rf run whole-run
fi

# A run tells how many chains it has drawn itself, without those of an interrupted one that it takes over.
drawn="--model gaussian:dim=2 --steps 100 -n $((100 * many)) --shard-size $((100 * many)) --checkpoint 0.01"
"$program" $drawn --out run --quiet >stdout.txt 2>stderr.txt &
pid=$!
while [ ! -s run/state-00000 ] && ! has_ended; do
    sleep 0.01
done
kill -s TERM "$pid"
wait "$pid"
check 'a run is stopped in the middle of a shard' test $? -eq 130
accept $drawn --out run --resume --json
check 'chains that were drawn before are not told as drawn' test "$(sed -n 's/.*"drawn": \([0-9]*\).*/\1/p' stdout.txt)" -lt $((100 * many))
rm -r run

# Only one process writes into a folder.
"$program" --model gaussian:dim=2 --steps 4 -n 1000000000 --shard-size 100000 --out run/ --quiet >stdout.txt 2>stderr.txt &
pid=$!
while [ ! -e run/manifest.json ] && ! has_ended; do
    sleep 0.1
done
refuse 1 'another process is writing shards into it: wait until it ends, or name another folder' --model gaussian:dim=2 --steps 4 -n 1000000000 --shard-size 100000 --out run/ --resume
kill -s KILL "$pid"
wait "$pid" 2>/dev/null
touch run/.shard-00009.npy.99999999-0 run/.manifest.json.99999999-3
accept --model gaussian:dim=2 --steps 4 -n 10 --shard-size 5 --out other
touch other/.shard-00001.npy.99999999-0
accept --model gaussian:dim=2 --steps 4 -n 10 --shard-size 5 --out other --resume
check 'what a killed run left is cleared' test -z "$(find other -name '.?*')"
touch .late.npy.99999999-0
accept --model gaussian:dim=2 --steps 4 -n 10 --out late.npy
check 'of files as well' test ! -e .late.npy.99999999-0
rm -rf run other late.npy

# States on the way are those of a trajectory, chain by chain.
accept --model plain.bin --sampler mala --steps 12 --burn-in 4 -n 5 --keep-every 4 --shard-size 3 --out run
accept --model plain.bin --sampler mala --steps 12 --burn-in 4 -n 5 --trajectory --every 4 --out out/x.npy
size=$((64 * 4))
for chain in 0 1 2 3 4; do
    for state in 2 3; do
        tail -c +$((129 + (state * 5 + chain) * size)) out/x.npy | head -c $size
    done
done >states
join run >joined
check 'kept states are those of the trajectory' cmp joined states
rm -rf run out/x.npy states joined

# Sums give the figures of all samples together.
accept --model tiny.bin --steps 2 -n 60 --shard-size 25 --judge judge.bin --json --out run
sed -n 's/.*"shares": \(\[[^]]*\]\).*/\1/p' stdout.txt >shares
accept --model tiny.bin --steps 2 -n 60 --judge judge.bin --json --out out/x.npy
sed -n 's/.*"shares": \(\[[^]]*\]\).*/\1/p' stdout.txt | cmp - shares >/dev/null 2>&1
check 'class shares from sums' test $? -eq 0 -a -s shares
rm -rf run out/x.npy shares

# Several processes work on the jobs of a folder, and die now and then.
mkdir jobs
echo '{"model": "gaussian:dim=2", "steps": 10, "n": '$many', "shard-size": 1000, "seed": 3}' >jobs/a.json
echo '{"model": "gaussian:dim=2", "sampler": "mala", "denoise": "no", "steps": 100, "n": 60, "shard_size": 7, "checkpoint": 0.01}' >jobs/b.json
workers=
for worker in 1 2 3; do
    "$program" work jobs --threads 1 --quiet >stdout.txt 2>stderr.txt &
    workers="$workers $!"
done
i=0
while [ $i -lt "$kills" ]; do
    uncounted timeout -s KILL "$(awk "BEGIN { srand($i); print 0.005 + rand() * ${slow:+10 *} 0.1 }")" "$program" work jobs --threads 1 --quiet
    i=$((i + 1))
done >stdout.txt 2>stderr.txt
for worker in $workers; do
    wait "$worker"
    check 'a worker ends when all is done' test $? -eq 0
done
"$program" --model gaussian:dim=2 --steps 10 -n $many --shard-size 1000 --seed 3 --quiet --out run
check 'shards of several workers are those of one' same_run jobs/a run
rm -rf run
"$program" --model gaussian:dim=2 --sampler mala --denoise no --steps 100 -n 60 --shard-size 7 --quiet --out run
check 'so are those of chains' same_run jobs/b run
rm -rf run
accept work jobs//
check 'one slash between a folder and its jobs' grep -q ' in jobs/a/$' stdout.txt
accept work jobs
check 'a finished folder is found finished' test "$(grep -c ' of .* shards of npy in jobs/' stdout.txt)" -eq 2
for text in '{' '[]' '{"seed": [[1]]}' '{"out": "x"}' '{"h": true, "n": 3, "shard-size": 1}' '{"n": 3}' '{"n": 3, "shard-size": 1, "colour": 2}' \
    "$(awk 'BEGIN { printf "["; for (i = 0; i < 9000; i++) printf "["; }')"; do
    printf '%s' "$text" >jobs/c.json
    run work jobs
    check "a job that is none: $(printf '%.40s' "$text")" test "$status $(grep -c '^warning: jobs/c.json: ' stderr.txt) $(grep -c '^gensample: jobs: 1 of 3 jobs failed, as the warnings say$' stderr.txt)" = '1 1 1'
done
# job_refused TEXT PATTERN: the warning about a job of that text.
job_refused() {
    printf '%s' "$1" >jobs/c.json
    run work jobs
    check "a job, $1: $2" grep -q "^warning: jobs/c.json: $2" stderr.txt
}
job_refused '' 'is empty; expected an object of settings'
job_refused '{"n": 3, "n": 4}' 'line 1: duplicate object key near ."n".; expected an object'
job_refused '{"n": 99999999999999999999}' 'line 1: too big integer'
job_refused '{"quiet": true}' '"quiet": is no setting of a job: expected as an option of gensample work'
job_refused '{"dry_run": true}' '"dry_run": is no setting of a job: it draws nothing'
job_refused '{"n": 0, "shard-size": 1}' '-n: "0" is not a whole number that is at least 1'
rm jobs/c.json
sed 's/"seed": 3/"seed": 4/' jobs/a.json >changed
mv changed jobs/a.json
run work jobs
check 'a job that was changed' grep -q '^warning: jobs/a.json: jobs/a/manifest.json is of another run: its seed is 3, of this command it is 4; give the job' stderr.txt
echo '{"model": "gaussian:dim=2", "steps": 4, "n": 1000000000, "shard-size": 100000}' >jobs/a.json
rm -r jobs/a
for command in 'sample --model gaussian:dim=2 --steps 4 -n 1000000000 --shard-size 100000 --out jobs/a' 'work jobs'; do
    "$program" $command --quiet >stdout.txt 2>interrupted.txt &
    pid=$!
    while [ ! -e jobs/a/shard-00000.npy ] && ! has_ended; do
        sleep 0.1
    done
    if [ "$command" != 'work jobs' ]; then
        run work jobs
        check 'a run that another process draws alone' grep -q '^warning: .*: another process is writing shards into it: it draws them alone, so wait' stderr.txt
    fi
    kill -s INT "$pid"
    wait "$pid"
    rm -r jobs/a
done
check 'an interrupted worker says how to go on' grep -q '^gensample: interrupted: [0-9]* of 10000 shards are kept in jobs/a/; repeat gensample work to go on$' interrupted.txt
rm -rf jobs
refuse 1 'nowhere: cannot be read as the folder of the jobs: No such file' work nowhere
mkdir other
refuse 1 'has no jobs' work other
rmdir other

# Memory does not grow with the number of chains: 25 MB more samples, but less than 4 MB more memory.
if [ -n "$slow" ]; then
    skip 'memory stays' 'a sanitizer or an emulator has memory of its own'
else
    drawn='--model gaussian:dim=64 --steps 2 --shard-size 1000 --quiet --threads 2'
    few=$("$build/tests/peak" "$program" $drawn -n 1000 --out run)
    rm -rf run
    more=$("$build/tests/peak" "$program" $drawn -n 100000 --out run)
    check "memory stays: $few and $more KiB" test "$more" -lt $((few + 4096))
    rm -rf run
fi
rm -f whole
