# bash completion for h5fs: commands, options, and paths inside a file (h5fs cat data.h5:/gr<TAB>).
_h5fs() {
  local line=${COMP_LINE:0:COMP_POINT} word found
  local -a words
  # Without -r: "\ " is a blank in a word.
  # shellcheck disable=SC2162
  read -a words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  word=${words[-1]}
  COMPREPLY=()
  while IFS= read -r found; do
    # readline replaces only what follows a colon.
    [[ $word == *:* && $COMP_WORDBREAKS == *:* ]] && found=${found#"${word%"${word##*:}"}"}
    [[ $found == *[!A-Za-z0-9_.,=/:@+-]* ]] && printf -v found %q "$found"
    COMPREPLY+=("$found")
  done < <("${words[0]}" complete -- "${words[@]:1}" 2>/dev/null)
  if ((${#COMPREPLY[@]} == 0)); then
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
  elif [[ ${COMPREPLY[0]} == *[/=] ]]; then
    compopt -o nospace
  fi
}
complete -F _h5fs h5fs
