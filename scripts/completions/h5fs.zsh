#compdef h5fs
# zsh completion for h5fs: commands, options, and paths inside a file (h5fs cat data.h5:/gr<TAB>).
_h5fs() {
  local -a found open
  found=(${(f)"$($words[1] complete -- ${(Q)words[2,CURRENT]} 2>/dev/null)"})
  if (( $#found == 0 )); then
    _files
    return
  fi
  # What ends so goes on.
  open=(${(M)found:#*[/=]})
  found=(${found:#*[/=]})
  (( $#open )) && compadd -S '' -- $open
  (( $#found )) && compadd -- $found
}
_h5fs "$@"
