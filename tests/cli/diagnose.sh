# --diagnose and --plot; sourced by run.sh.

# diagnosed ARGUMENT...: it succeeds, and prints nothing but warnings on standard error.
diagnosed() {
    run "$@"
    check "gensample $*" sh -c 'test "$1" -eq 0 && ! grep -v "^warning: " stderr.txt' sh "$status"
}
chains='--model plain.bin -n 12 --sampler mala --steps 40'
diagnosed $chains --diagnose --out out/x.png
check 'the summary says how the chains are doing' grep -q '^second half, 20 energies per chain: effective sample size [0-9.]*, R-hat [0-9.]*' stdout.txt
check 'acceptance is in the summary' grep -q '^acceptance in the second half' stdout.txt
diagnosed $chains --plot out/p.svg --json --out out/x.png
check '--plot is in the JSON' grep -q '"plot": "out/p.svg"' stdout.txt
check '--plot draws' sh -c 'head -c 100 out/p.svg | grep -q "<svg" && grep -q "Acceptance" out/p.svg'
check 'the diagnosis is in the JSON' grep -q '"diagnosis": {' stdout.txt
diagnosed --model plain.bin -n 1 --sampler mala --steps 10 --plot out/p.svg --out out/x.png
check 'the report names what was written' grep -q '; wrote out/x.png and out/p.svg$' stdout.txt
check 'one chain is a chain' grep -q 'mala, 1 chain<' out/p.svg
diagnosed --model plain.bin -n 12 --sampler langevin --steps 40 --plot out/p.svg --quiet --out out/x.png
check 'langevin accepts all, so there is no such panel' sh -c '! grep -q Acceptance out/p.svg'
diagnosed --model plain.bin -n 12 --sampler langevin --steps 21 --diagnose --quality --judge judge.bin --out out/x.npy
check 'classes are counted at about ten steps' test "$(sed -n '/shares of classes/,/^12 chains/p' stdout.txt | wc -l)" -ge 8
"$program" --model plain.bin -n 12 --sampler langevin --steps 21 --quiet --out out/y.npy
check 'what is diagnosed is the same samples' cmp out/x.npy out/y.npy
diagnosed --model tiny.bin -n 4 --sampler langevin --steps 30 --diagnose --out out/x.png
check 'a denoiser has no energy' sh -c '! grep -q energy: stdout.txt'
run --model plain.bin -n 4 --sampler hmc --steps 4 --diagnose --out out/x.png
check 'warnings go to standard error' grep -q '^warning: ' stderr.txt
rm -rf out
mkdir out
refuse 2 'diagnose: chains of heun pass through' --model tiny.bin -n 4 --sampler heun --diagnose --out out/no.png
refuse 2 'plot: out/p.png: expected a name that ends in .svg' $chains --plot out/p.png --out out/no.png
refuse 1 'none/p.svg' $chains --plot none/p.svg --out out/no.png
refuse 2 'quiet: cannot go with --diagnose' $chains --diagnose --quiet --out out/no.png
refuse 2 'sweep: cannot go with --diagnose' --compose plain.bin --sweep 1,2 --sampler mala --diagnose --out out/no.png
rm -rf out
mkdir out
