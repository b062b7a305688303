# The oneDNN backend; sourced by run.sh.
needs_effort 50 || return 0

images
rm -rf out
mkdir out

# far FILE FILE: the largest difference of two .npy files' numbers.
far() {
    paste -d ' ' $(for file; do
        tail -c +129 "$file" | od -An -v -w4 -tf4 >"$file.txt"
        echo "$file.txt"
    done) | awk '{ d = $1 > $2 ? $1 - $2 : $2 - $1; if (!(d <= most)) most = d } END { print most }'
}

refuse 2 'backend: .* known are native, onednn' $m --backend mkl
refuse 2 'backend: .* known are native, onednn' cpu --backend mkl
refuse 2 'backend: .* is not' $m --backend ''
refuse 2 'no option of gensample inspect' inspect --backend native tiny.bin
accept cpu
check 'a row for oneDNN' grep -Eq '^  onednn +(oneDNN [23][0-9.]+, [a-z]|not in this build)' stdout.txt
if grep -q '^  onednn *not in this build' stdout.txt; then
    refuse 2 'backend: onednn is not in this build' $m --backend onednn
    refuse 2 'backend: onednn is not in this build' cpu --backend onednn
    skip '--backend onednn' 'it is not in this build'
else
    accept cpu --model "$models/ncsn.bin"
    check 'no step by oneDNN unless asked for' test "$(grep -c ' onednn .*images at a time' stdout.txt)" -eq 0
    accept cpu --model "$models/ncsn.bin" --backend onednn
    check 'convolutions by oneDNN' grep -q '^  conv2d .* onednn .*images at a time' stdout.txt
    check 'no convolution by other kernels' test -z "$(grep '^  conv2d ' stdout.txt | grep -v ' onednn ')"
    check 'norms by our kernels' grep -Eq '^  group_norm .* norm +[a-z0-9-]+ +[0-9]+ images' stdout.txt
    accept --model "$models/ncsn.bin" -n 5 --steps 3 --out out/native.npy --backend native --json
    check 'the native backend in JSON' grep -q '"isa": "[a-z0-9-]*", "backend": "native"' stdout.txt
    accept --model "$models/ncsn.bin" -n 5 --steps 3 --out out/onednn.npy --backend onednn --json
    check 'the other in JSON' grep -q '"backend": "onednn"' stdout.txt
    check 'other bytes' sh -c '! cmp -s out/native.npy out/onednn.npy'
    check 'the same within 2e-5' test "$(far out/native.npy out/onednn.npy | awk '{ print ($1 <= 2e-5) }')" = 1
    accept --model "$models/ncsn.bin" -n 5 --steps 3 --out out/x.png --backend onednn
    check 'the last line' grep -q ', [a-z0-9-]* and onednn; wrote out/x.png$' stdout.txt
    check 'the noted command' grep -aq 'gensample --model .*/ncsn.bin .* --backend onednn .*--out x.png' out/x.png
    check 'the noted settings' grep -aq '"backend":"onednn"' out/x.png
fi
rm -rf out
mkdir out
