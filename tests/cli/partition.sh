# log Z and log p; sourced by run.sh. That log Z is right is tested by test_partition.c.
needs_effort 50 || return 0

labelled_images
quick='--chains 4 --particles 8 --steps 20'
accept partition gaussian:levels=no,dim=2,log-z=3 $quick
check 'log Z with its error, and what it is' grep -Eq '^log Z = [0-9.]+ [+]- [0-9.e-]+ [(]standard error[)], known: 3$' stdout.txt
check 'of which chains' grep -Eq '^4 chains of tempered-smc, whose weights are worth [0-9.]+; the network gaussian, ' stdout.txt
cp stdout.txt first.txt
accept partition gaussian:levels=no,dim=2,log-z=3 $quick --isa scalar --threads 1 --block 2
check 'the same everywhere' test "$(head -n 1 first.txt)" = "$(head -n 1 stdout.txt)"
accept partition plain.bin --sampler ais --chains 4 --steps 5 --input six.idx --input six.idx -n 2
check 'log p by file' test "$(grep -Ec '^six.idx +2( +[-0-9.e+]+){5}$' stdout.txt)" -eq 2
check 'of networks log Z is not known' sh -c '! grep -q known stdout.txt'
accept partition bright.bin --chains 2 --particles 2 --steps 3 --sigma 0.5 --clamp yes --temperature 2
check 'at a noise level, in a box' grep -q 'bright at noise level 0.5 within the pixels. range, temperature 2; ' stdout.txt
accept partition --compose plain.bin:2 --compose bright.bin:0.5 --sigma 0.5 $quick --input six.idx --json
check 'a sum' grep -Eq '"log_z": [-0-9.e+]+, .*"log_p": [[][-0-9.e+]+(, [-0-9.e+]+){5}[]]' stdout.txt
fits_schema partition plain.bin $quick --input six.idx
refuse 2 'the network is missing' partition
refuse 2 "sampler 'hmc' has no weights; expected ais or tempered-smc$" partition plain.bin --sampler hmc
refuse 2 "sampler 'nonsense' is unknown; expected ais or tempered-smc$" partition plain.bin --sampler nonsense
refuse 2 'ais has no such setting; it reads --steps --clamp --temperature --leapfrog --moves --prior-scale$' partition plain.bin --sampler ais --particles 8
refuse 1 'diverged.*; lower the prior scale, 1e+30$' partition gaussian:dim=2,levels=no --prior-scale 1e30 # and at once
refuse 2 'prior-scale: cannot go with --clamp yes' partition plain.bin $quick --clamp yes --prior-scale 1
refuse 2 '^gensample: --temperature 1e+99: expected 1e-30 ... 1e+30$' partition plain.bin --temperature 1e99
printf '\223NUMPY\001\000\072\000%-57s\n' "{'descr':'<f4','fortran_order':False,'shape':(2,2)}" >far.npy
printf '\0\0\0\0\0\0\0\0\0\0\200\077\354\170\255\140' >>far.npy # 0 0, 1 1e20
for of in partition likelihood; do
    refuse 1 '^gensample: far.npy: 1e+20 at point 1, coordinate 1: expected coordinates in .-10005, 10005., no more than 1000 widths beyond .-5, 5., the model' \
        $of gaussian:dim=2 --input far.npy
done
refuse 2 'is not a whole number from 2 to 1024' partition plain.bin --particles 2000
refuse 2 'takes no noise level' partition plain.bin --sigma 1
refuse 2 'Z is of one density' partition cond.bin --label all
refuse 2 'is of kind' partition tiny.bin
refuse 2 '^gensample: -n: says how many images of --input' partition plain.bin -n 5
accept partition plain.bin --chains 2 --particles 2 --steps 3 --input six.idx -n 1
check 'a single image has no deviation' grep -Eq '^six.idx +1 +[-0-9.e+]+ +- ' stdout.txt
accept partition gaussian:levels=no,dim=2 $quick
check 'few chains are told of' grep -q 'weights of 4 chains are worth those of [34].*, too few to say .*: expected 8 or more; give more --chains' stderr.txt
accept partition gaussian:levels=no,dim=20,sd=0.01 --chains 4 --sampler ais --steps 2
check 'few weights that matter are, too' grep -q 'worth those of 1.*log Z is likely too low; give more steps' stderr.txt
refuse 1 'nowhere.idx' partition plain.bin $quick --input nowhere.idx
