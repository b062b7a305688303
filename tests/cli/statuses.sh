# Exit statuses 1 and 2 as the manual page defines them, over all commands and kinds of options; sourced by run.sh.
needs_effort 50 || return 0

labelled_images

# Every command, and how it names a file that it reads: FILE.
reads='sample --model FILE
denoise --model tiny.bin --input FILE
restore --model tiny.bin --input FILE
energy plain.bin --input FILE
loss tiny.bin --input FILE
likelihood tiny.bin --input FILE
classify cond.bin --input FILE
novelty tiny.bin --input six.idx --against FILE
interpolate tiny.bin --input FILE
partition FILE
view FILE
study trajectory --data FILE
inspect FILE
plan FILE
quantize FILE out/q.bin
verify FILE
work FILE
rejection --out FILE/x.npy
cpu --model FILE'
commands=$("$program" --help | sed -n '/^usage:/,/^$/s/^  gensample \[*\([a-z]*\).*/\1/p')
check 'every command is tried' test "$commands" = "$(echo "$reads" | sed 's/ .*//')"

# What a command cannot mean is 2, whatever the files are.
for command in $commands; do
    refuse 2 'unknown option' "$command" --no-such-option
    refuse 2 'unknown option' "$command" -x
    refuse 2 'no option of gensample\|takes no value' "$command" --moves=3 --bands=2
    option=$("$program" "$command" --help | sed -n 's/^  \(--[a-z-]*\) [^ ].*/\1/p' | head -n 1)
    [ -z "$option" ] || refuse 2 "$option: its value .* is missing" "$command" "$option"
    [ -z "$option" ] || refuse 2 "$option: the value is empty" "$command" "$option="
done
# A value that is none, of every kind of option.
for options in '-n 0' '--seed -1' '--threads 0' '--grid 0x1' '--sigmas 2,1' '--steps many' '--eta -1' '--epsilon 0' '--clamp maybe' '--label -2' \
    '--dtype f8' '--sampler none' '--isa none' '--backend none' '--compose plain.bin:x' '--sweep 1,x' '--format none' '--coordinates ,' '--out nothing.jpg'; do
    # shellcheck disable=SC2086
    refuse 2 '' --model tiny.bin $options
done

# A file that is not there, or holds something else, is 1.
: >nothing
echo words >words
for file in no-such-file nothing words; do
    echo "$reads" | sed "s/FILE/$file/" >tried.txt
    while read -r arguments; do
        # shellcheck disable=SC2086
        refuse 1 '' $arguments
    done <tried.txt
done
for command in 'energy cond.bin --sigma 1' 'loss cond.bin' 'likelihood cond.bin --steps 2' 'classify cond.bin --levels 2'; do
    # shellcheck disable=SC2086
    {
        refuse 1 'few.idx: has 3 labels: expected 6, one per image of six.idx' $command --input six.idx --labels few.idx
        refuse 1 'high.idx: label 3 at image 5 is no class of the network cond: they are 0 to 2' $command --input six.idx --labels high.idx
        refuse 1 'no-such.idx: cannot be opened' $command --input six.idx --labels no-such.idx
        refuse 2 'labels: 2 files for 1 of images' $command --input six.idx --labels labels.idx --labels labels.idx
        refuse 2 'more than the 6 images of six.idx' $command --input six.idx -n 7
    }
done
labels_file one.idx 0
refuse 1 'one.idx: has 1 label: expected 6' loss cond.bin --input six.idx --labels one.idx
for command in 'energy rgb.bin --sigma 1' 'loss rgb.bin' 'likelihood rgb.bin' 'interpolate rgb.bin' 'denoise --model rgb.bin' 'restore --model rgb.bin'; do
    # shellcheck disable=SC2086
    refuse 1 'has images of 8 x 8: expected 3 x 8 x 8' $command --input six.idx
done

# What does not go with the networks is 2.
refuse 2 'goes down noise levels' --model plain.bin --sampler heun
refuse 2 'accepts by energies' --model tiny.bin --sampler hmc
refuse 2 'of kind classifier' --model judge.bin
refuse 2 'is of kind' partition tiny.bin
refuse 2 'is not quantised' --model tiny.bin --dtype int8
refuse 2 'another shape' --model rgb.bin --judge judge.bin --out out/x.npy
refuse 2 'has images of 1 x 16 x 16: expected 1 x 8 x 8' --compose tiny.bin --compose wide.bin
refuse 2 'label: 3 is no class' --model cond.bin --label 3
refuse 2 'of 3 channels cannot be drawn' --model rgb.bin --out out/x.pgm
refuse 2 'samples of 1 x 8 x 8: expected points' --model tiny.bin --map out/m.svg
