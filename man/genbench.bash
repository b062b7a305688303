# bash completion for genbench, which is asked for its options
_genbench() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command= values
    [[ ${COMP_WORDS[1]} == @(eval|check|ab|report|merge|history) ]] && command=${COMP_WORDS[1]}
    case $before in
    --model)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(
            compgen -W "$(gensample --help 2>/dev/null | sed -n '/^shipped networks/{n;p;}')" -- "$word"
        )
        return
        ;;
    --input | --dump | --json | --html | --chart | --markdown | --csv | --baseline)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return
        ;;
    --format) values='text github' ;;
    --suite) values=$("${COMP_WORDS[0]}" --help 2>/dev/null | sed -n '/^suites:/,$s/^  \([a-z-]*\) .*/\1/p') ;;
    *) values=$("${COMP_WORDS[0]}" $command --help 2>/dev/null | grep -o -- '^  --[a-z_-]*\|\[--[a-z-]*\|eval --model\| --dump' | grep -o -- '--[a-z_-]*') ;;
    esac
    if [[ $command == @(report|merge|history|ab) ]] && [[ $word != -* && $COMP_CWORD -gt 1 ]]; then
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return
    fi
    [[ $COMP_CWORD -eq 1 ]] && values+=' ab check doctor eval history list merge report'
    mapfile -t COMPREPLY < <(compgen -W "$values" -- "$word")
}
complete -F _genbench genbench
