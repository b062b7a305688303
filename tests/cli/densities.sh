# Densities that need no file, points, and maps; sourced by run.sh.
needs_effort 50 || return 0

few='-n 4 --steps 8'
# shellcheck disable=SC2086
accept --model gaussian:dim=3 $few
check 'points go into an array unless the name says otherwise' npy_shape samples.npy '4, 3' 48
rm -f samples.npy
accept --model mixture:means=-2/0,2/0 -n 4 --steps 8 --trajectory --out out/ways.npy
check 'states of points' npy_shape out/ways.npy '9, 4, 2' 288
accept --model rings -n 4 --out out/points.npy
accept --model rings --init out/points.npy --sigmas 0.01,0.5 --out out/x.npy
for isa in $("$program" cpu | sed -n 's/^  \([a-z0-9-]*\) *supported.*$/\1/p'); do
    accept --model rings -n 4 --seed 3 --isa "$isa" --threads 1 --out "out/$isa.npy"
    check "$isa: the same points" cmp "out/$isa.npy" out/scalar.npy
done
accept --compose gaussian:range=-4,4 --compose gaussian:mean=1,range=-4,4:0.5 -n 4 --out out/x.npy
accept --model double-well:dim=2 --sampler mala --steps 40 --diagnose -n 4 --out out/x.npy
for density in gaussian correlated mixture rings moons funnel banana double-well; do
    accept inspect $density
    accept cpu --model $density
    accept --model $density -n 2 --steps 20 --quiet --out out/x.npy
done
accept inspect gaussian:dim=2,sd=1/2
check 'inspect shows the graph of a density' grep -q '^energy  *1 .* neg$' stdout.txt
accept --model moons --map out/map.svg -n 4 --json --out out/x.npy
check 'the report names the map' grep -q '"map": "out/map.svg"' stdout.txt
check 'a map has a density, arrows and points' sh -c 'grep -q "class=.density. d" out/map.svg && grep -q "class=.arrow. d" out/map.svg && grep -q "class=.point. d" out/map.svg'
accept --model funnel --sampler hmc --steps 20 --trajectory --every 5 --map out/map.svg -n 3 --out out/x.npy
check 'a map has ways' [ "$(grep -c '<path class="way"' out/map.svg)" -eq 3 ]
rm -f out/*
refuse 2 'points of 2 numbers are no images; .npy and .npz take them$' --model moons --out out/x.png
refuse 2 'points of 1 number are no images' --model gaussian --out out/x.idx
refuse 2 '^gensample: --map: gaussian draws samples of 3 x 1 x 1: expected points of 2 numbers' --model gaussian:dim=3 --map out/m.svg
refuse 2 '^gensample: --map: out/m.png: expected a name that ends in .svg$' --model moons --map out/m.png
refuse 2 '^gensample: --map: out/m.svg: another picture goes there' --model moons:levels=no --map out/m.svg --plot out/m.svg --out out/x.npy
refuse 2 "^gensample: gaussian: parameter 'size' is unknown: expected some of dim, mean, sd, levels, range, log-z$" --model gaussian:size=2
refuse 2 "^gensample: gaussian: dim=1e9: found '1e9', expected a whole number of 1 ... 4096, as in dim=1$" inspect gaussian:dim=1e9
refuse 2 "^gensample: rings: sd=nan: " cpu --model rings:sd=nan
refuse 2 '^gensample: --compose: network 2, gaussian, has pixels in ' --compose gaussian --compose gaussian:mean=1:2 --out out/x.npy
# Of a sum of which one density knows no noise levels, each message names what works.
a='--compose gaussian:dim=2,levels=no,range=-5,5 --compose mixture:range=-5,5 -n 4 --out out/x.npy'
b='--compose gaussian:dim=2,range=-5,5 --compose mixture:levels=no,range=-5,5 -n 4 --out out/x.npy'
refuse 2 '^gensample: --sigmas: network 2, mixture, needs a noise level of 0.005 ... 150, .*: choose one for all steps, S,S$' $a
refuse 1 '^gensample: chain 0 diverged: .*; choose the sampler langevin, .*, as network 2, mixture, takes no noise level, or ' $b
accept $a --sigmas 1,1 --steps 10
accept $b --sampler mala --steps 10
accept $b --sampler langevin --steps 10
accept $b --sampler hmc --steps 10
# The ends of the trained range are taken as they are printed, and points are read as they are.
accept --model moons --sigmas 0.001,75 -n 2 --steps 2 --out out/x.npy
accept --model funnel -n 500 --out out/funnel.npy
accept energy funnel --input out/funnel.npy --out out/funnel.csv
check 'all energies' test "$(wc -l <out/funnel.csv)" -eq 501
rm -f out/x.npy out/funnel.npy out/funnel.csv
cp tiny.bin moons
accept inspect moons
check 'a file here comes before a density' grep -q '^model  *tiny' stdout.txt
rm -f moons
