#!/bin/sh
# The Debian packages as users get them: debian.sh [FOLDER]. dpkg-buildpackage makes them of a copy of the sources,
# with the tests that debian/rules runs unless DEB_BUILD_OPTIONS has nocheck; lintian finds nothing in them; and they
# go into a Debian of their own below a temporary folder: apt installs them, the program draws, alone and as two ranks
# of MPI, a C program is built on the library, and apt removes them again, without a trace. The latter takes root and
# mmdebstrap. The packages stay in FOLDER if it is given. The last line is "N passed, N failed, N skipped".
cd "$(dirname "$0")/.." || exit 1
root=$PWD
. tests/support/cases.sh
folder=${1:+$(mkdir -p "$1" && cd "$1" && pwd)}
folder=${folder:-$work}
sources=$folder/gensample
programs='gensample genbench' # the packages with one program each
packages="$programs gensample-models gensample-mpi libgensample0.1 libgensample-dev"

rm -rf "$sources" "$folder"/*.deb && mkdir -p "$sources" || exit 1
git ls-files -z | xargs -0 cp --parents -t "$sources" || exit 1
cd "$work" || exit 1
# shellcheck disable=SC2016
"$root/cmake/quietly.sh" 'dpkg-buildpackage' sh -c 'cd "$1" && dpkg-buildpackage -us -uc -b' sh "$sources" ||
    { not_ok 'dpkg-buildpackage makes packages' 'see above'; end_of_cases; exit 1; }
ok 'dpkg-buildpackage makes packages'
for package in $packages; do
    check "$package is among them" sh -c 'test -s "$1/$2"_*.deb' sh "$folder" "$package"
done
if command -v lintian >/dev/null; then
    check 'lintian finds nothing' lintian --allow-root --fail-on error,warning,info "$folder"/gensample_*.changes
else
    skip 'lintian finds nothing' "Debian's package lintian is not installed"
fi

# inside COMMAND...: the command in the new Debian, with processes and mounts of its own.
inside() {
    unshare --mount --pid --fork --mount-proc="$system/proc" chroot "$system" \
        env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
        OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_pml=ob1 OMPI_MCA_btl=self,vader \
        OMPI_MCA_btl_vader_single_copy_mechanism=none "$@"
}
# in_shell NAME LINE: a case, a line of shell in the new Debian's folder /drawn.
in_shell() {
    check "$1" inside sh -ec "cd /drawn; $2"
}
install='apt-get install -y -q --no-install-recommends'
system=$work/system
if [ "$(id -u)" -ne 0 ] || ! command -v mmdebstrap >/dev/null || ! unshare --mount --pid --fork true 2>/dev/null; then
    skip 'packages are installed' "it takes root, Debian's package mmdebstrap, and unshare --mount --pid"
    end_of_cases
    exit
fi
# shellcheck source=/dev/null
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
"$root/cmake/quietly.sh" "A new Debian $release" mmdebstrap --variant=apt --skip=cleanup/apt/lists \
    "$release" "$system" ||
    { not_ok 'a new Debian' 'see above'; end_of_cases; exit 1; }
mkdir "$system/packages" "$system/drawn" && cp "$folder"/*.deb "$system/packages" &&
    rm -f "$system"/packages/*-dbgsym_* && cp "$root/tests/install/consumer/program.c" "$system/drawn" || exit 1
in_shell 'apt installs the program and the networks' "$install /packages/gensample_*.deb \
    /packages/gensample-models_*.deb /packages/libgensample0.1_*.deb"
in_shell 'which draws a picture' 'gensample -n 4 --steps 2; test -s samples.png'
in_shell 'and needs no MPI' '! ls /usr/lib/*/libmpi.so*'
# The same bytes as of the program in the folder that it was built in.
run='--model gaussian:dim=2 --steps 10 -n 9000 --shard-size 700'
built=$(find "$sources"/obj-* -maxdepth 1 -name gensample)
"$built" --model "$root/models/ncsn.bin" -n 4 --steps 2 --quiet --out built.npy
in_shell 'the installed program draws' 'gensample --model ncsn -n 4 --steps 2 --quiet --out drawn.npy'
check 'the same bytes as the built one' cmp built.npy "$system/drawn/drawn.npy"
chains='--model gaussian:dim=2 --sampler hmc --denoise no --steps 3 -n 2 --out chains.nc'
in_shell 'files of chains need netCDF' "! gensample $chains 2>said; grep netCDF said
    $install $(dpkg-deb -f "$folder"/gensample_*.deb Recommends | grep -o 'libnetcdf[^, ]*')"
in_shell 'which the package recommends' "gensample $chains; test -s chains.nc"
in_shell 'apt installs the plugin, genbench and the headers' "$install openmpi-bin gcc libc6-dev pkg-config \
    /packages/*.deb"
in_shell 'two ranks of MPI share a run' "gensample $run --out one
    mpirun -n 2 --oversubscribe --bind-to none gensample $run --out two | grep 'on 2 ranks'
    diff -r one two"
in_shell 'genbench measures' 'genbench eval --model ncsn --batch 1 --seconds 0.01'
in_shell 'a program is built on the library' 'gcc program.c -o program $(pkg-config --cflags --libs gensample)
    ./program /usr/share/gensample/models/ncsn.bin >shared'
in_shell 'and on the static one' 'gcc -c program.c $(pkg-config --cflags gensample)
    gcc program.o -o static -Wl,-Bstatic -lgensample -Wl,-Bdynamic $(pkg-config --static --libs gensample)
    ./static /usr/share/gensample/models/ncsn.bin | cmp - shared'
for program in $programs; do
    in_shell "$program has a manual page and completions" "ls /usr/share/man/man1/$program.1.gz \
        /usr/share/bash-completion/completions/$program /usr/share/zsh/vendor-completions/_$program \
        /usr/share/fish/vendor_completions.d/$program.fish"
done
in_shell 'their files are those of their lists' "dpkg --verify $packages; dpkg -L $packages | sort -u >files"
in_shell 'apt removes them' "apt-get purge -y -q $packages"
in_shell 'without a trace' 'while read -r file; do [ -d "$file" ] || [ ! -e "$file" ] || echo "$file"; done <files >left
    test ! -s left; ! find /usr /etc /var/lib -name "*gensample*" | grep .'
end_of_cases
