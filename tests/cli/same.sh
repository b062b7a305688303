# The same bytes however the program is run; sourced by run.sh.
[ "$sanitizer" = thread ] || needs_effort 50 || return 0
same tiny.bin 'DPM' -n 23 --sampler dpmpp-2m --steps 4
same tiny.bin 'stochastic DPM' -n 23 --sampler dpmpp-2m --steps 4 --eta 1
same cond.bin 'labels' -n 23 --sampler dpmpp-2m --steps 4 --label all
same cond.bin 'guidance' -n 23 --sampler heun --steps 4 --label all --guidance 0.5 --guidance-sigmas 0.1,5
same tiny.bin 'Langevin' -n 9 --sampler annealed-langevin --steps 5 --steps-per-level 3 --epsilon 1e-3
same tiny.bin 'trajectories' -n 9 --sampler dpmpp-2m --steps 4 --trajectory
same tiny.bin 'Langevin at one level' -n 9 --sampler langevin --steps 3
same plain.bin 'Langevin on an energy' -n 9 --sampler langevin --steps 3 --noise-first yes --clamp yes --clip 0.7
same plain.bin 'MALA' -n 9 --sampler mala --steps 6
same plain.bin 'HMC' -n 9 --sampler hmc --steps 6 --leapfrog 3 --clamp yes
prefix plain.bin 'HMC' 256 --sampler hmc --steps 6 --leapfrog 3
same plain.bin 'NUTS' -n 9 --sampler nuts --steps 30 --max-depth 4
prefix plain.bin 'NUTS' 256 --sampler nuts --steps 3 --max-depth 4
same plain.bin 'Barker' -n 9 --sampler barker --steps 6
same plain.bin 'BAOAB' -n 9 --sampler baoab --steps 6 --clamp yes
same plain.bin 'adapted mass' -n 9 --sampler hmc --steps 42 --leapfrog 2 --adapt-mass yes
same tiny.bin 'consistency' -n 9 --sampler consistency --steps 3
same tiny.bin 'ancestral Euler' -n 9 --sampler euler-ancestral --steps 4 --noise-scale 0.9
same tiny.bin 'noise of a tree' -n 9 --sampler dpmpp-3m-sde --steps 5 --noise-tree yes
prefix tiny.bin 'noise of a tree' 256 --sampler reverse-sde --steps 4 --noise-tree yes
same tiny.bin 'churn' -n 9 --sampler churn --steps 4
same tiny.bin 'adaptive steps' -n 9 --sampler dpm-adaptive --steps 40
prefix tiny.bin 'adaptive steps' 256 --sampler dpm-adaptive --steps 40 --tolerance 0.01
same tiny.bin 'predictor and corrector' -n 9 --sampler predictor-corrector --steps 4 --corrector-steps 2
same tiny.bin 'consistent annealed' -n 9 --sampler consistent-annealed --steps 6 --sigmas 0.1,10 --epsilon 0.006
prefix tiny.bin 'DPM' 256 --sampler dpmpp-2m --steps 4
prefix tiny.bin 'Langevin' 256 --sampler annealed-langevin --steps 5 --steps-per-level 3 --epsilon 1e-3
"$program" --model tiny.bin --quiet -n 4 --sampler dpmpp-2m --steps 4 --seed 1 --out out/1.npy
"$program" --model tiny.bin --quiet -n 4 --sampler dpmpp-2m --steps 4 --seed 2 --out out/2.npy
check 'another seed draws other samples' sh -c '! cmp -s out/1.npy out/2.npy'
rm -rf out
mkdir out
