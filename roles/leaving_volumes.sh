# mounted FOLDER prints what is mounted at a folder and in it: the kind of file system and
# the path, a line each.
mounted(){
  set -- "$(readlink -m -- "$1")" # the kernel names folders without links
  while IFS=' ' read -r _ _ _ _ at _ rest; do
    case $at in *\\*) at=$(printf '%b' "$at") ;; esac # a blank is written as \040
    rest=" $rest"
    case $at in "$1" | "$1"/*) rest=${rest#* - }; printf '%s %s\n' "${rest%% *}" "$at" ;; esac
  done <"${mounts:-/proc/self/mountinfo}"
}
# going FOLDER ACTION… finds what goes of a folder in which something is mounted, with the
# actions of find. A volume of this host at the folder is emptied, but for what its file
# system keeps there; what is mounted further in is others', and stays; so does a network
# share, which other hosts may use.
going()(
  folder=$(readlink -m -- "$1")
  shift
  set -f
  IFS='
'
  for line in $(mounted "$folder"); do
    at=${line#* }
    case $at,${line%% *} in
      "$folder",nfs* | "$folder",cifs | "$folder",smb* | "$folder",ceph | "$folder",gluster* | "$folder",fuse.* | "$folder",9p | "$folder",afs | "$folder",virtiofs) return 0 ;;
      "$folder",*) continue ;;
    esac
    set -- ! -path "$at" ! -path "$at/*" "$@"
    while at=${at%/*}; [ "$at" != "$folder" ]; do set -- ! -path "$at" "$@"; done
  done
  find "$folder" -xdev -mindepth 1 ! -path "$folder/lost+found" ! -path "$folder/lost+found/*" "$@"
)
