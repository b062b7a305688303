# Functions that only one system has stay in os.c, cgroup.c and numa.c of src/base, and genbench's own in bench/system.c, noise.c
# and doctor.c; sourced by run.sh.

only='/proc/|/sys/|sched_|getauxval|sys/auxv|linux/|epoll|eventfd|memfd|O_TMPFILE|O_PATH|MAP_POPULATE|MADV_|getrandom'
only="$only|renameat2|copy_file_range|posix_fallocate|program_invocation|_GNU_SOURCE|_SC_PHYS_PAGES|mach-o/|__linux__|__APPLE__"
(cd "$source" && grep -rnE "$only" src simd bench include man --include='*.[ch]' --include='*.inc' --exclude-dir='.venv*') | grep -vE '^(src/base/(os|cgroup|numa)|bench/(system|noise|doctor))\.[ch]:' >foreign.txt
check 'no call of one system outside three files of src/base and three of genbench' test ! -s foreign.txt
check 'which has some' grep -qE "$only" "$source/src/base/os.c"
