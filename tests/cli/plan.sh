# gensample plan; sourced by run.sh. Figures are not judged: what is asked is which nodes are where.
needs_effort 50 || return 0

images
rm -rf out
mkdir out

refuse 2 'plan: the file.s name is missing' plan
refuse 2 'plan: the file.s name is empty' plan ''
refuse 2 'unexpected argument of gensample plan' plan tiny.bin tiny.bin
refuse 1 'no-such.bin' plan no-such.bin
refuse 2 'no option of gensample plan' plan tiny.bin --seed 3
refuse 2 'batch: .* is not a whole number from 1 to 1024' plan tiny.bin --batch 0
refuse 2 'label all: .* expected it or none' plan cond.bin --label all
refuse 2 'label: 3 is no class .* 0 to 2' plan cond.bin --label 3
refuse 2 'takes no labels' plan tiny.bin --label 0
refuse 2 'gradient: the network tiny is a denoiser, .* expected an energy' plan tiny.bin --gradient
refuse 2 'no instruction set' plan tiny.bin --isa sse9
refuse 2 'no backend' plan tiny.bin --backend mkl

accept plan tiny.bin
check 'the step' grep -q ' mul  *1x8x8 -> 1x8x8 .* binary  *d$' stdout.txt
check 'the rest once per level' grep -q '^once per noise level and label, .*: s2, a, r$' stdout.txt
check 'the conditions' grep -q '^measured: .* images* in blocks of .*, sigma .*, medians of [0-9]* runs; ' stdout.txt
accept plan plain.bin --gradient --batch 3 --isa scalar
check 'the batch' grep -q '^measured: 3 images in blocks of ' stdout.txt
check 'the instruction set' grep -q '^plain (energy with its gradient): scalar, f32, native backend, one thread$' stdout.txt
check 'the gradient' grep -q ' square.$' stdout.txt
accept plan cond.bin --label 1 --block 4
check 'the label' grep -q ' in blocks of 4, .*, label 1, ' stdout.txt
accept plan tiny.bin --json
check 'one line' test "$(wc -l <stdout.txt)" -eq 1
if command -v python3 >/dev/null; then
    for options in "$models/ncsn.bin" "$models/judge.bin --batch 1" "$models/ebm-document.bin --gradient" \
        'cond.bin --label 2' 'plain.bin --gradient --isa scalar'; do
        # shellcheck disable=SC2086
        accept plan $options --json
        check 'the report' python3 "$here/plan.py" "$here/../../docs/plan.schema.json" stdout.txt
    done
else
    skip 'reports as JSON' 'there is no python3'
fi
