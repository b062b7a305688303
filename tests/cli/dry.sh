# --dry-run, and machines of several NUMA nodes that are simulated; sourced by run.sh.
needs_effort 50 || return 0

dry='--model tiny.bin -n 12 --sampler dpmpp-2m --steps 2 --threads 2 --dry-run'

# What a run refuses, a dry one does, and neither writes.
refuse 2 'quiet: cannot go with --dry-run' $dry --quiet
refuse 2 'dry-run: no option of gensample denoise, but of sample, restore and partition' denoise --model tiny.bin --input none.png --dry-run
refuse 1 'no-such.bin' --model no-such.bin --dry-run
refuse 2 'steps: ' --model tiny.bin --steps x --dry-run
refuse 2 'label' $dry --label 3
refuse 1 'no-such-folder' $dry --out no-such-folder/x.npy
refuse 2 'keep-every: is of runs in shards' $dry --keep-every 2
refuse 2 'add -n' --model tiny.bin --shard-size 2 --out out/run/ --dry-run
for options in '--out out/x.npy' '--out out/x.png' '--out out/x/' '--out out/x.npy --trajectory' \
    '--out out/run/ --shard-size 5' '--out out/run.idx/ --shard-size 5 --resume' '--out out/x.png --label none'; do
    # shellcheck disable=SC2086
    accept $dry $options
    check 'nothing is written' test -z "$(ls -A out)"
    check 'nothing is drawn' grep -qx 'dry run: nothing is drawn or written' stdout.txt
    check 'memory in all' grep -q '^  in all .* MB  of .* MB that this process may use$' stdout.txt
done
accept $dry --out out/x.npy
check 'the command' grep -q '^command: gensample --model tiny.bin -n 12 --sampler dpmpp-2m --steps 2 ' stdout.txt
check 'the chains' grep -qx 'chains: 12, 2 evaluations per sample' stdout.txt
check 'the machine' grep -q '^machine: 2 threads, .* native backend, blocks of ' stdout.txt
check 'the output' grep -q '^output: x.npy, npy of 0.00 MB$\|^output: out/x.npy, npy of 0.00 MB$' stdout.txt

# What a run in shards would find in its folder.
accept --model tiny.bin -n 12 --steps 2 --shard-size 5 --out out/run/
cp -r out/run before
refuse_kept() {
    run "$@"
    check "gensample $* is refused" test "$status" -eq 2
    check "$pattern" grep -q -- "$pattern" stderr.txt
}
pattern='has a run already: add --resume'
refuse_kept --model tiny.bin -n 12 --steps 2 --shard-size 5 --out out/run/ --dry-run
pattern='seed'
refuse_kept --model tiny.bin -n 12 --steps 2 --shard-size 5 --out out/run/ --resume --seed 1 --dry-run
accept --model tiny.bin -n 12 --steps 2 --shard-size 5 --out out/run/ --resume --dry-run
check 'finished shards' grep -qx 'output: 3 shards of npy in out/run/, 3 of them finished' stdout.txt
printf x >>out/run/shard-00001.npy
cp -r out/run damaged
accept --model tiny.bin -n 12 --steps 2 --shard-size 5 --out out/run/ --resume --dry-run
check 'damaged shards' grep -qx 'output: 3 shards of npy in out/run/, 2 of them finished, 1 damaged, which would be drawn again' stdout.txt
check 'nothing is changed' diff -r out/run damaged
rm -rf out before damaged
mkdir out
for options in '' '--shard-size 5 --out out/run/' '--label 1 --model cond.bin' '--compose tiny.bin --compose tiny.bin:2'; do
    # shellcheck disable=SC2086
    if [ "${options#*model}" != "$options" ] || [ "${options#*compose}" != "$options" ]; then
        fits_schema sample -n 4 --dry-run $options
    else
        fits_schema sample --model tiny.bin -n 12 --dry-run $options
    fi
done

# Chains that are diagnosed take more than those that are drawn.
chains='--model gaussian:dim=8 --sampler mala --denoise no --steps 400 -n 50'
accept $chains --dry-run
check 'no diagnosis' sh -c '! grep diagnosis stdout.txt'
accept $chains --plot out/x.svg --dry-run
check 'a diagnosis' grep -q '^  their diagnosis afterwards  *0.64 MB$' stdout.txt
check 'which is never there with the chains' grep -q '^  in all, at a time ' stdout.txt
fits_schema sample $chains --diagnose --dry-run

# A limit of addresses is one of memory.
if [ -n "$slow" ]; then
    skip 'a limit of addresses' 'sanitizers and emulators take all addresses there are'
else
    for command in '--model tiny.bin -n 4' 'partition --model double-well'; do
        # shellcheck disable=SC2086
        (
            ulimit -v 900000
            exec "$program" $command --threads 1 --dry-run
        ) >stdout.txt 2>stderr.txt
        check "what a limit of addresses leaves $command" grep -q '^  in all .* of [1-8][0-9][0-9]\.[0-9]* MB that this process may use$' stdout.txt
    done
fi

# Other commands whose memory grows with what is asked for.
"$program" --model tiny.bin -n 3 --steps 2 --quiet --out given.npy
for options in '--mask left --draws 4' '--operator pool:2 --method dps' '--measured --operator blur:1.5'; do
    # shellcheck disable=SC2086
    accept restore --model tiny.bin --input given.npy --steps 2 $options --out out/x.npy --dry-run
    check 'nothing is written' test -z "$(ls -A out)"
    check 'memory in all' grep -q '^  in all .* MB  of .* MB that this process may use$' stdout.txt
done
fits_schema restore --model tiny.bin --input given.npy --mask left --dry-run
refuse 1 'no-such.npy' restore --model tiny.bin --input no-such.npy --mask left --dry-run
refuse 2 'quiet: cannot go with --dry-run' restore --model tiny.bin --input given.npy --mask left --dry-run --quiet
refuse 2 '^gensample: --noise: noise of the measurement 1e+30: expected 0 ... 1e6' restore --model tiny.bin --input given.npy --mask left --dry-run --noise 1e30
accept partition plain.bin --chains 2 --particles 2 --steps 3 --dry-run
check 'chains of a partition function' grep -qx 'chains: 2' stdout.txt
check 'nothing is estimated' sh -c '! grep log stdout.txt'
fits_schema partition plain.bin --chains 2 --particles 2 --steps 3 --dry-run
refuse 2 'chains' partition plain.bin --chains x --dry-run

# More memory than this machine has, unless it has 36 GB.
accept partition gaussian:dim=4000,levels=no --chains 1024 --particles 1024 --threads 1024 --dry-run
if awk '/^  in all/ { exit !($8 && $3 > $6) }' stdout.txt; then
    check 'too much memory is told of' grep -q '^warning: this takes .* GB of memory, .*: expect it to fail' stderr.txt
else
    check 'no excess is told of where there is none' test ! -s stderr.txt
fi

# The command that it prints is the run's.
accept --model tiny.bin -n 12 --sampler dpmpp-2m --steps 2 --shard-size 5 --out out/printed/ --dry-run
printed=$(sed -n 's/^command: gensample //p' stdout.txt)
# shellcheck disable=SC2086
accept $printed
check 'the command that is printed draws shards' test -e out/printed/shard-00002.npy
rm -rf out/printed

# Machines: NODES nodes of CPUS processors each.
machine() {
    rm -rf machine
    mkdir -p machine/sys/devices/system/node
    echo "0-$(($1 - 1))" >machine/sys/devices/system/node/has_cpu
    node=0
    while [ $node -lt "$1" ]; do
        mkdir machine/sys/devices/system/node/node$node
        echo "$((node * $2))-$((node * $2 + $2 - 1))" >machine/sys/devices/system/node/node$node/cpulist
        node=$((node + 1))
    done
    GENSAMPLE_MACHINE=$PWD/machine
    export GENSAMPLE_MACHINE
}
machine 8 32
run cpu --threads 256
check 'nodes are told' grep -q '^NUMA nodes: 8 (each thread is kept on its node; packed weights are in 8 memories)$' stdout.txt
check 'and their threads' grep -qx '  node 7: 32 processors, 32 threads, copy 8 of the weights' stdout.txt
accept --model tiny.bin -n 1024 --steps 2 --threads 256 --dry-run
check 'threads on nodes' grep -q '^machine: 256 threads on 8 NUMA nodes, each kept on its node, ' stdout.txt
check 'copies of weights' grep -q '^  packed weights, and plans .*  (8 copies, one per NUMA node, of .* MB)$' stdout.txt
check 'scratch of 256 threads' grep -q '^  scratch memory of threads .*  (256 threads, .* MB each)$' stdout.txt
unset GENSAMPLE_MACHINE

# A folder that is no machine's is refused, whatever there is in it; a pipe is not waited for.
for threads in 1 4; do
    GENSAMPLE_MACHINE=$PWD/mistyped
    export GENSAMPLE_MACHINE
    refuse 2 'GENSAMPLE_MACHINE in the environment: .*/mistyped/sys/devices/system/node/has_cpu is missing' cpu --threads $threads
    refuse 2 'GENSAMPLE_MACHINE' --model tiny.bin -n 2 --steps 2 --threads $threads --out out/x.npy
    machine 2 2
    rm machine/sys/devices/system/node/has_cpu
    mkfifo machine/sys/devices/system/node/has_cpu
    refuse 2 'node/has_cpu is missing or no list of nodes' --model tiny.bin --steps 2 --threads $threads --dry-run
    machine 2 2
    echo 0-9 >machine/sys/devices/system/node/node1/cpulist
    refuse 2 'node1/cpulist has processors of another node' cpu --threads $threads
done
GENSAMPLE_MACHINE=
accept --model tiny.bin --steps 2 --dry-run
unset GENSAMPLE_MACHINE
for options in '--model tiny.bin --steps 2' '--model plain.bin --sampler mala --steps 3'; do
    # shellcheck disable=SC2086
    accept $options -n 300 --threads 1 --out out/one.npy
    for nodes in '2 2' '8 32'; do
        # shellcheck disable=SC2086
        machine $nodes
        # shellcheck disable=SC2086
        accept $options -n 300 --threads 64 --out out/nodes.npy
        unset GENSAMPLE_MACHINE
        check "the same bytes on $nodes" cmp out/one.npy out/nodes.npy
    done
done
accept --model cond.bin --label all -n 9 --threads 2 --dry-run
run cpu
check 'one node' grep -q '^NUMA nodes: ' stdout.txt
rm -rf out machine
mkdir out
