# fish completion for h5fs: commands, options, and paths inside a file (h5fs cat data.h5:/gr<TAB>).
function __h5fs_complete
    set -l words (commandline -opc) (commandline -ct)
    $words[1] complete -- $words[2..-1] 2>/dev/null
end
complete -c h5fs -a '(__h5fs_complete)'
