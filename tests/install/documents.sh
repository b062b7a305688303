# Manual pages and completions have the options that the programs have; sourced by run.sh.

# options PROGRAM ARGUMENT...: the options that a help names.
options() {
    "$prefix/bin/$@" --help | grep -o '^  --*[a-z_-]*\|\[-[a-z-]*\|eval --[a-z]*\| --dump' | grep -o -- '-.*'
}
options gensample >help.txt
commands=$("$prefix/bin/gensample" --help | sed -n 's/^  gensample \[\{0,1\}\([a-z]*\).*  .*/\1/p')
check 'the help names commands' test "$(echo "$commands" | wc -w)" -ge 8
for command in $commands; do options gensample "$command" >"help-$command.txt"; done
check 'the help names options' test "$(wc -l <help.txt)" -ge 25
if [ $genbench ]; then
    options genbench >help-genbench.txt
    options genbench eval >help-eval.txt
    check "and genbench's" test "$(wc -l <help-genbench.txt)" -ge 10 -a "$(wc -l <help-eval.txt)" -ge 10
fi
for program in gensample $genbench; do
    page=$prefix/share/man/man1/$program.1
    # An option's line begins with it in bold; hyphens are escaped.
    sed 's/\\-/-/g' "$page" | sed -n 's/^\\fB\(--*[a-z-]*\)\\fR.*/\1/p' >page.txt
    if [ $program = gensample ]; then
        for command in $commands; do cat "help-$command.txt"; done >expected.txt
    else
        cp help-genbench.txt expected.txt
    fi
    same_lines "$program.1 has the options of --help" page.txt expected.txt
    check "$program.1 has this version" grep -q "^\.TH .*gensample $version\"" "$page"
    if have groff; then
        groff -man -ww -Tutf8 -z "$page" 2>groff.txt
        check "$program.1 pleases groff" test ! -s groff.txt
    else
        skip "$program.1 pleases groff" 'no groff here'
    fi
done
# names_of COMMAND HEADING: what the command's help lists below a line that begins so, up to an empty one.
names_of() {
    "$prefix/bin/gensample" $1 --help | sed -n "/^$2/,/^\$/s/^  \([a-z][a-z0-9-]*\) .*/\1/p"
}
# The rows of one section of the page are those that the help has below all its headings.
for rows in :samplers:SAMPLERS restore:operators,methods:RESTORING :densities:DENSITIES; do
    command=${rows%%:*} title=${rows##*:}
    names=${rows#*:}
    names=${names%:*}
    for name in $(echo "$names" | tr , ' '); do
        names_of "$command" "$name" >"$name.txt"
        check "the help names $name" test "$(wc -l <"$name.txt")" -ge 4
        cat "$name.txt" >&3
    done 3>all.txt
    sed 's/\\-/-/g' "$prefix/share/man/man1/gensample.1" |
        sed -n "/^\.SH $title/,/^\.SH /s/^\\\\fB\([a-z0-9-]*\)\\\\fR\$/\1/p" >page.txt
    same_lines "gensample.1 has the $names of --help" page.txt all.txt
done

# completes NAME EXPECTED_FILE WORD...: for the last word, bash offers exactly the lines of the file.
completes() {
    name=$1
    expected=$2
    shift 2
    PATH=$prefix/bin:$PATH bash -c '. "$1"
        COMP_WORDS=("${@:2}")
        COMP_CWORD=$(($# - 2))
        "_$2"
        printf "%s\n" "${COMPREPLY[@]}"' bash "$prefix/share/bash-completion/completions/$1" "$@" >offered.txt
    same_lines "bash: $name" "$expected" offered.txt
}
grep '^--' help.txt >expected.txt
completes 'long options' expected.txt gensample --
completes 'options after an option' help.txt gensample --quiet -
completes 'options of a command' help-cpu.txt gensample cpu -
completes 'options of rejection' help-rejection.txt gensample rejection -
completes 'options of energy' help-energy.txt gensample energy -
printf 'plain\nradius\nearly\n' >expected.txt
completes 'algorithms' expected.txt gensample rejection --algorithm ''
completes 'options of another command' help-denoise.txt gensample denoise -
printf 'inspect\ninterpolate\n' >expected.txt
completes 'commands' expected.txt gensample i
completes 'samplers' samplers.txt gensample --sampler ''
completes 'methods' methods.txt gensample restore --method ''
printf 'energy\ndenoising\n' >expected.txt
completes 'methods of another command' expected.txt gensample classify --method ''
printf 'no\n' >expected.txt
completes 'a value after =' expected.txt gensample --denoise = n
printf 'yes\nno\n' >expected.txt
completes 'values after =' expected.txt gensample --denoise =
mkdir files
(cd files && : >'out 1.png')
printf 'files/out 1.png\n' >expected.txt
completes 'files' expected.txt gensample --out files/o
completes 'files of inspect' expected.txt gensample inspect files/o
completes 'files of view' expected.txt gensample view files/o
printf 'ebm\nebm-cond\nebm-document\nebm-thick\n' >networks.txt
completes 'shipped networks' networks.txt gensample --model eb
completes 'shipped networks of a product' networks.txt gensample --compose eb
completes 'shipped networks of inspect' networks.txt gensample inspect eb
completes 'shipped networks of plan' networks.txt gensample plan eb
completes 'shipped networks of loss' networks.txt gensample loss eb
check 'each option is told once' sh -c '[ -z "$(sed -n "s/^\\\\fB\\(-[^ ]*\\)\\\\fR.*/\\1/p" "$1" | grep -v -e "^.-n$" -e out -e noise -e steps -e model -e input -e label -e sigmas -e plot -e first | sort | uniq -d)" ]' sh "$prefix/share/man/man1/gensample.1"
for command in $commands; do
    check "a section of gensample $command" grep -q "^\.SS gensample $command$" "$prefix/share/man/man1/gensample.1"
done
if [ $genbench ]; then
    completes 'options of genbench' help-genbench.txt genbench --
    completes 'options of genbench eval' help-eval.txt genbench eval --
    for command in check ab; do
        options genbench $command >expected.txt
        check "the help of genbench $command names options" test "$(wc -l <expected.txt)" -ge 3
        completes "options of genbench $command" expected.txt genbench $command --
    done
    printf 'latency\nlayers\nload\n' >expected.txt
    completes 'suites' expected.txt genbench --suite l
    completes 'networks of genbench' networks.txt genbench --model eb
fi

# fish_offers NAME EXPECTED_FILE LINE: what fish offers at the end of the line is the file's lines.
fish_offers() {
    for completion in "$prefix"/share/fish/vendor_completions.d/*.fish; do echo "source '$completion'"; done >source.fish
    HOME=$work PATH=$prefix/bin:$PATH fish -c "source source.fish; complete -C '$3'" | cut -f 1 | grep -v '^files/$' >offered.txt
    same_lines "fish: $1" "$2" offered.txt
}
if have fish; then
    grep '^--' help.txt >expected.txt
    fish_offers 'options' expected.txt 'gensample --'
    fish_offers 'samplers' samplers.txt 'gensample --sampler '
    fish_offers 'shipped networks' networks.txt 'gensample --model eb'
    if [ $genbench ]; then
        fish_offers 'options of genbench' help-genbench.txt 'genbench --'
        printf 'latency\nlayers\nload\n' >expected.txt
        fish_offers 'suites' expected.txt 'genbench --suite l'
        fish_offers 'networks of genbench' networks.txt 'genbench --model eb'
    fi
else
    skip 'fish' 'no such shell here'
fi
# zsh_offers NAME EXPECTED_FILE WORD...: the words that zsh's function adds or passes on for the last word, before zsh
# works on them.
zsh_offers() {
    name=$1
    expected=$2
    shift 2
    PATH=$prefix/bin:$PATH zsh -f -c 'compadd() { [[ $1 == -a ]] && print -l -- ${(P)2} || print -l -- $@ }
        _files() { : }
        _alternative() { print -l -- ${=${${2#*\(}%\)}} }
        file=$1; shift
        words=("$@"); CURRENT=$#
        source $file' zsh "$prefix/share/zsh/site-functions/_$1" "$@" | { grep "^$(eval "printf %s \"\$$#\"")" || :; } >offered.txt
    same_lines "zsh: $name" "$expected" offered.txt
}
completion=$prefix/share/zsh/site-functions/_gensample
sed -n "/^sample)/,/^    ) ;;/s/^ *'\(--*[a-z-]*\).*/\1/p" "$completion" >offered.txt
same_lines 'zsh: options' help.txt offered.txt
if have zsh; then
    check 'zsh reads its completion' zsh -n "$completion"
    if [ $genbench ]; then
        zsh_offers 'options of genbench' help-genbench.txt genbench --
        zsh_offers 'options of genbench eval' help-eval.txt genbench eval --
        printf 'latency\nlayers\nload\n' >expected.txt
        zsh_offers 'suites' expected.txt genbench --suite l
        zsh_offers 'networks of genbench' networks.txt genbench --model eb
    fi
else
    skip 'zsh reads its completion' 'no such shell here'
fi

# The Doxygen of Debian 12 does not notice undocumented values of enumerations.
grep '^    GS_[A-Z0-9_]*' "$header" | grep -v '/\*\*<' >undocumented.txt
check 'every value of the public enumerations is documented' test ! -s undocumented.txt
if have doxygen; then
    mkdir docs
    (cd "$source" && DOCS=$work/docs doxygen Doxyfile) >doxygen.txt 2>&1
    check 'Doxygen finds nothing undocumented' test $? -eq 0 -a -s docs/index.html -a ! -s doxygen.txt
else
    skip 'Doxygen finds nothing undocumented' 'no doxygen here; make docs installs it'
fi
