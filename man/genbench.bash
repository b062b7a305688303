# bash completion for genbench, which is asked for its options
_genbench() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} values
    case $before in
    genbench | */genbench) values='eval --help' ;;
    --model | --input | --dump)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return
        ;;
    *) values=$("${COMP_WORDS[0]}" --help 2>/dev/null | grep -o -- '--[a-z-]*') ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$values" -- "$word")
}
complete -F _genbench genbench
