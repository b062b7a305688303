# Networks made ready for integers; sourced by run.sh. Scales and errors are tested by test_quantize.c.
needs_effort 50 || return 0

labelled_images
small=$here/../golden/energy.bin
accept quantize "$small" int8.bin -n 4
check 'a line per layer' test "$(grep -Ec '^[a-z]+ +[0-9.]+ %( +[0-9.]+ %){2}  (f32|int8, (direct|winograd-f4)|int16, (direct|winograd-f5))$' stdout.txt)" -eq 5
check 'a line per band' test "$(grep -Ec '^(up to|above|[0-9.]+ \.\.\.) [0-9.]+( +[0-9.]+ %){3}$' stdout.txt)" -eq 8
check 'what was written' grep -Eq '% of the operations in int8, [0-9.]+ % in int16; errors of images of [0-9]+ states, .*; int8.bin of [0-9]+ bytes, int8 by default' stdout.txt
check 'gradients stay in f32' grep -q '^warning: sampling this energy stays in f32, because gradients do' stderr.txt
cp int8.bin first.bin
accept --model int8.bin --dtype int8 -n 2 --steps 2 --json --out energy.idx
check 'so is what is drawn' grep -q '"dtype": "f32".* "warnings": \["--dtype int8: what needs the gradient of an energy' stdout.txt
check 'once' test "$(grep -c '^warning: --dtype int8: ' stderr.txt)" -eq 1
accept --model int8.bin -n 2 --steps 2 --out energy.idx
check 'nobody asked' test "$(grep -c dtype stderr.txt)" -eq 0
accept energy int8.bin --dtype int8 --input energy.idx
check 'and what is measured with gradients' grep -q '^warning: --dtype int8: what needs the gradient of an energy' stderr.txt
accept quantize "$small" --out int8.bin -n 4 --isa scalar --threads 3 --quiet
check 'quiet' test ! -s stdout.txt
check 'the same bytes everywhere' cmp -s int8.bin first.bin
accept quantize "$small" few.bin -n 4 --error 0.00001
check 'more may be had' grep -q '^Less than half of the operations are in integers; a larger --error would bring more.$' stdout.txt
accept quantize "$small" direct.bin -n 4 --direct
check 'no layer in 8 bits by a transform' test "$(grep -c 'int8, winograd' stdout.txt)" -eq 0
accept quantize first.bin again.bin -n 4
check 'a quantised file is quantised anew' cmp -s first.bin again.bin
accept quantize "$small" int8.bin -n 4 --bands 2 --json
check 'bands are chosen' test "$(grep -o '"error_max"' stdout.txt | wc -l)" -eq 2
"$program" quantize --model "$small" --out - -n 4 --bands 2 >piped.bin 2>stderr.txt
check 'the report goes to standard error' grep -q 'standard output of [0-9]* bytes' stderr.txt
check 'the file goes to standard output' cmp -s int8.bin piped.bin
accept inspect int8.bin
check 'how it is quantised' grep -Eq '^dtype +int8, [0-9] nodes quantised, [0-9] of them in 16 bits, in 2 bands of noise levels$' stdout.txt
check 'which errors it has' test "$(grep -Ec '[0-9] % of the largest element, at most ' stdout.txt)" -eq 2
accept quantize "$small" half.bin --dtype f32 --weights bf16
check 'half of the bytes' test "$(wc -c <half.bin)" -lt "$(wc -c <"$small")"
"$program" --model "$small" -n 6 --steps 4 --quiet --out drawn.idx 2>/dev/null
accept quantize "$small" int8.bin --data drawn.idx --data drawn.idx -n 3 --bands 1
check 'images of all files' grep -Eq "errors of images of 36 states" stdout.txt
refuse 2 'none of 0 layers can be computed in integers' quantize judge.bin a.bin --data six.idx

# ---- What reports say of types ----
accept quantize tiny.bin narrow.bin --dtype bf16-exact
accept quantize judge.bin judged.bin --dtype bf16-exact --data six.idx
accept --compose tiny.bin --compose narrow.bin:0.5 -n 2 --steps 2 --sigmas 0.1,1 --json --out mixed.npy
check 'types of a product' grep -Eq '"networks": \[\{"model": "tiny", [^}]*"dtype": "f32"\}, \{[^}]*"dtype": "bf16-exact"\}\].*"dtype": "mixed"|"dtype": "mixed".*"networks": \[\{"model": "tiny", [^}]*"dtype": "f32"\}, \{[^}]*"dtype": "bf16-exact"\}\]' stdout.txt
accept --compose tiny.bin --compose narrow.bin:0.5 -n 2 --steps 2 --sigmas 0.1,1 --out mixed.npy
check 'and in words' grep -q ', mixed types (f32, bf16-exact); wrote mixed.npy$' stdout.txt
accept --model narrow.bin -n 2 --steps 2 --quality --judge judged.bin --out mixed.idx
check 'the type of a judge' grep -q '^quality at n = 2, the judge in bf16-exact: ' stdout.txt
check 'the type of samples' grep -q ', bf16-exact; wrote mixed.idx$' stdout.txt
accept loss narrow.bin --input six.idx
check 'the type of a loss' grep -q ', bf16-exact$' stdout.txt
accept energy --compose tiny.bin --compose narrow.bin --input six.idx
check 'the types of scores' grep -q ', mixed types (f32, bf16-exact)$' stdout.txt
accept denoise --model narrow.bin --input six.idx --steps 1 --out mixed.npy
check 'the type of what is restored' grep -q ', bf16-exact; wrote mixed.npy$' stdout.txt

fits_schema quantize "$small" fits.bin -n 4
refuse 2 'quantize: the network is missing' quantize
refuse 2 'quantize: the new file is missing' quantize tiny.bin
refuse 2 'unexpected argument' quantize tiny.bin a.bin b.bin
refuse 2 'unexpected argument' quantize tiny.bin a.bin --out b.bin c.bin
refuse 2 'quantize: standard input: expected a file' quantize - a.bin
refuse 2 'dtype: "int4"' quantize tiny.bin a.bin --dtype int4
refuse 2 'weights: "f8": expected f32, f16 or bf16' quantize tiny.bin a.bin --weights f8
refuse 2 'error: 2: expected a number above 0' quantize tiny.bin a.bin --error 2
refuse 2 'bands: .* is not a whole number' quantize tiny.bin a.bin --bands 17
refuse 2 'data: missing: .* is a classifier' quantize judge.bin a.bin
refuse 2 'it is the file of --model too' quantize int8.bin int8.bin
refuse 2 'it is the file of --data too' quantize "$small" six.idx --data six.idx
refuse 2 'gaussian:dim=2 is a density, which has no layers' quantize gaussian:dim=2 a.bin
refuse 2 ': --bands: judge.bin takes no noise level' quantize judge.bin a.bin --data six.idx --bands 3
refuse 2 ': --bands: cannot go with --dtype bf16, which' quantize tiny.bin a.bin --dtype bf16 --bands 3
refuse 2 ': --error: cannot go with --dtype bf16-exact, which' quantize tiny.bin a.bin --dtype bf16-exact --error 0.1
refuse 2 ': -n: cannot go with --dtype f32, which' quantize tiny.bin a.bin --dtype f32 -n 4
refuse 1 'no-such.bin' quantize no-such.bin a.bin
refuse 1 'no-such.idx' quantize judge.bin a.bin --data no-such.idx
refuse 2 'can be computed in integers with an error of at most 1e-09' quantize "$small" a.bin -n 4 --error 1e-9
check 'nothing is left' test ! -e a.bin
