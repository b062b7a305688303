# The installed programs find their networks from any folder; sourced by run.sh.

gensample=$prefix/bin/gensample
mkdir home
(cd home && "$gensample" -n 4 --steps 2) >stdout.txt 2>stderr.txt
check 'gensample -n 4 from any folder' test $? -eq 0 -a -s home/samples.png -a ! -s stderr.txt
(cd home && "$gensample" -n 4 --steps 2 --label 3 --quality --out label.npy) >stdout.txt 2>stderr.txt
check 'with a label and the judge' grep -q '^quality at n = 4' stdout.txt
check 'gensample inspect judge' "$gensample" inspect judge
ln -s "$gensample" linked
check 'through a link' ./linked inspect ncsn
PATH=$prefix/bin:$PATH gensample inspect ncsn-cond >stdout.txt 2>stderr.txt
check 'through PATH' test $? -eq 0
if [ $genbench ]; then
    check 'genbench eval' "$prefix/bin/genbench" eval --model "$prefix/share/gensample/models/judge.bin" --batch 1 --seconds 0.01
    check 'genbench finds the networks' sh -c '"$1" list --suite samples | grep -q "^samples/ncsn/"' sh "$prefix/bin/genbench"
fi

check 'neither the program nor the library needs MPI' sh -c '! readelf -dW "$1" "$2" | grep -q "NEEDED.*mpi"' sh "$gensample" "$libdir/libgensample.so"
if [ -e "$build/gensample-mpi.so" ]; then
    check 'the plugin that does is installed' test -e "$libdir/gensample/gensample-mpi.so"
fi

mkdir -p lonely/bin
cp "$gensample" lonely/bin
lonely/bin/gensample -n 4 >stdout.txt 2>stderr.txt
check 'without its networks it is refused' test $? -eq 2
check 'which names their place' grep -q "no shipped network $work/lonely/.*share/gensample/models/ncsn.bin$" stderr.txt
GENSAMPLE_MODELS=$prefix/share/gensample/models lonely/bin/gensample inspect ncsn >stdout.txt
check 'GENSAMPLE_MODELS' test $? -eq 0
