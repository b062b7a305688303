# fish completion for genbench, which is asked for its options
function __genbench_options
    set -l command (commandline -opc)[2..2]
    contains -- "$command" eval check ab report merge; or set command
    genbench $command --help 2>/dev/null | grep -o -- '^  --[a-z_-]*\|\[--[a-z-]*\|eval --model\| --dump' | grep -o -- '--[a-z_-]*'
end
function __genbench_suites
    genbench --help 2>/dev/null | sed -n '/^suites:/,$s/^  \([a-z-]*\) .*/\1/p'
end
function __genbench_after
    contains -- (commandline -opc)[-1] $argv
end
set -l takes_file --model --input --dump --json --html --markdown --csv --baseline
set -l takes_value $takes_file --format --suite
complete -c genbench -f
complete -c genbench -n "__fish_use_subcommand; and not __genbench_after $takes_value" -a 'ab check doctor eval list merge report'
complete -c genbench -n '__fish_seen_subcommand_from report merge ab' -F
complete -c genbench -n "not __genbench_after $takes_value" -a '(__genbench_options)'
complete -c genbench -n "__genbench_after $takes_file" -F
complete -c genbench -n '__genbench_after --model' -a '(gensample --help 2>/dev/null | sed -n "/^shipped networks/{n;p;}" | grep -o "[^ ]*")'
complete -c genbench -n '__genbench_after --format' -a 'text github'
complete -c genbench -n '__genbench_after --suite' -a '(__genbench_suites)'
