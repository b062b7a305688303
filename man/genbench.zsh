#compdef genbench
# zsh completion for genbench, which is asked for its options
_genbench() {
    local program=$words[1] command= before=$words[CURRENT-1]
    local -a options commands suites networks
    commands=(ab check doctor eval list merge report)
    [[ $CURRENT -gt 2 && $words[2] == (eval|check|ab|report|merge) ]] && command=$words[2]
    case $before in
    --model)
        networks=(${=$(gensample --help 2>/dev/null | sed -n '/^shipped networks/{n;p;}')})
        _alternative 'files:file:_files' "networks:shipped network:($networks)"
        return
        ;;
    --input | --dump | --json | --html | --markdown | --csv | --baseline) _files && return ;;
    --format) compadd text github && return ;;
    --suite)
        suites=($($program --help 2>/dev/null | sed -n '/^suites:/,$s/^  \([a-z-]*\) .*/\1/p'))
        compadd -a suites
        return
        ;;
    esac
    if [[ $command == (report|merge|ab) && $words[CURRENT] != -* ]]; then
        _files
        return
    fi
    options=($($program $command --help 2>/dev/null | grep -o -- '^  --[a-z_-]*\|\[--[a-z-]*\|eval --model\| --dump' | grep -o -- '--[a-z_-]*'))
    [[ $CURRENT -eq 2 ]] && compadd -a commands
    compadd -a options
}
_genbench "$@"
