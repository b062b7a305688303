# The shipped networks; sourced by run.sh. Emulators are a hundred times slower, so there only two steps are taken and
# nothing is judged.
needs_effort 50 || return 0

short=
[ -z "${EMULATOR:-}" ] || short='--steps 2'

sed -n 's/^| `\([a-z0-9-]*\.bin\)` | \([0-9a-f]\{64\}\)<.*/\2  \1/p' "$models/MODELS.md" >hashes.txt
check 'MODELS.md states the hash of every network' test "$(wc -l <hashes.txt)" -eq "$(ls "$models"/*.bin | wc -l)"
check 'the stated hashes are right' sh -c 'cd "$1" && sha256sum --check --quiet -' sh "$models" <hashes.txt

refuse 2 'energy without sigma' --model "$models/ebm-document.bin" --sampler heun --out out/x.png
for file in "$models"/*.bin; do
    accept inspect "$file"
done
accept --model "$models/ncsn.bin" -n 20 $short --out out/x.png
accept cpu --model "$models/ncsn.bin"
same "$models/ncsn.bin" 'ncsn' -n 5 --steps 3
prefix "$models/ncsn.bin" 'ncsn' $((784 * 4)) --steps 2
accept --model "$models/ncsn-cond.bin" --label all -n 20 $short --out out/x.png
check 'one row a digit' is_png out/x.png 62 302 0
same "$models/ncsn-cond.bin" 'ncsn-cond' -n 5 --steps 3 --label 3
accept --model "$models/ncsn-fast.bin" --label all -n 20 --json --out out/x.png
check 'four evaluations per sample' grep -q '"evaluations_per_sample": 4[,}]' stdout.txt
same "$models/ncsn-fast.bin" 'ncsn-fast' -n 5 --label 3
accept --model "$models/ebm.bin" -n 20 $short --out out/x.png
accept --model "$models/ebm-cond.bin" --label all -n 20 $short --out out/x.png
same "$models/ebm-cond.bin" 'ebm-cond' -n 5 --steps 3 --label 3
accept --model "$models/ebm-document.bin" -n 20 --out out/x.png
check 'the temperature its chains were trained at' grep -q '^temperature 1.25e-06: step size 10, noise 0.005$' stdout.txt
same "$models/ebm-document.bin" 'ebm-document' -n 5 --steps 3
prefix "$models/ebm.bin" 'ebm' $((784 * 4)) --steps 2
if [ -n "$short" ]; then
    skip 'agreement with the label' 'an emulator would take an hour'
else
    for network in ncsn-cond:95 ncsn-fast:95 ebm-cond:90; do
        least=${network#*:}
        network=${network%:*}
        accept --model "$models/$network.bin" --label all -n 100 --quality --out out/x.png
        share=$(sed -n 's/^quality.*agreement \([0-9]*\)\..*/\1/p' stdout.txt)
        check "$network: at least $least of 100 digits are what was asked for" test "${share:-0}" -ge "$least"
    done
fi
accept --model "$models/ncsn-cond.bin" --label data -n 3 --first 1000 --steps 2 --out out/x.npy
"$program" --model "$models/ncsn-cond.bin" --label data -n 1 --first 1002 --steps 2 --quiet --out out/y.npy
tail -c 3136 out/x.npy >out/last
tail -c 3136 out/y.npy >out/alone
check '--label data gives a chain its own label' cmp out/last out/alone
rm -rf out
mkdir out
