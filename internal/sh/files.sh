# How root writes on a host. A folder into which somebody else may write can hold
# a link where a file was a moment ago. So root writes only where every folder
# above the name is a folder of root's that nobody else can change: there a name
# stays what it was found to be, and may be given owner and mode by its path.

# foobar_no PATH WHY says why nothing is written at PATH.
foobar_no() { printf '%s\n' "foobar: will not write $1 as root: $2" >&2; return 1; }

# foobar_open PATH FOLDER [who] names the folder that others can change.
foobar_open() {
  [ "$3" != who ] || { printf '%s\n' "$2"; return; }
  foobar_no "$1" "$2 is $(stat -c '%U:%G with the mode %04a' -- "$2"), so that others than root can put links there"
}

# foobar_staff GID: whether it is the group that may write to /usr/local on a Debian
# that was installed long ago, and nobody is in it. Source: base-files, postinst.
foobar_staff() {
  [ "$(getent group "$1")" = "staff:x:$1:" ] || return 1
  ! getent passwd | (while IFS=: read -r _ _ _ g _; do [ "$g" != "$1" ] || exit 0; done; exit 1)
}

# foobar_above PATH [new|who] checks all folders above PATH with one stat. With "new"
# the last ones may be missing; with "who", too, and it prints the folder that
# others can change instead of complaining. Links are followed where root made them
# in such folders, as /var/run and /bin are. A folder with the sticky bit, like
# /tmp, may be among them when the next one is root's: there nobody else can
# replace that.
foobar_above() (
  set -f
  p=$1 at=${1%/*} new=${2-} turns=0 nl='
'
  case $p in */. | */..) foobar_no "$p" "it ends in a dot"; exit 1 ;; /*[!/]) ;; *) foobar_no "$p" "it is not the whole path of a file or folder"; exit 1 ;; esac
  while [ $turns -lt 40 ]; do
    turns=$((turns + 1)) d='' sticky='' link=''
    set -- /
    IFS=/
    for name in $at; do
      case $name in
        '' | .) ;;
        ..) foobar_no "$p" "$at goes back with .."; exit 1 ;;
        *) d=$d/$name; set -- "$@" "$d" ;;
      esac
    done
    IFS=' '
    at=$d seen=$(stat -c '%f %u %g' -- "$@" 2>/dev/null || :)$nl
    for d; do
      line=${seen%%"$nl"*}
      seen=${seen#*"$nl"}
      if [ -z "$line" ]; then
        [ "$new" ] || { foobar_no "$p" "there is no folder $d"; exit 1; }
        break
      fi
      mode=$((0x${line%% *})) group=${line##* } user=${line#* }
      user=${user%% *}
      [ "$user" = 0 ] || [ "$user" = "$(id -u)" ] || { foobar_open "$p" "$d" "$new"; exit 1; }
      sticky=''
      case $((mode & 0170000)) in
        $((0120000))) link=$d; break ;;
        $((0040000))) ;;
        *) foobar_no "$p" "$d is not a folder"; exit 1 ;;
      esac
      [ $((mode & 022)) -ne 0 ] || continue
      if [ $((mode & 02)) -eq 0 ] && { [ "$group" = 0 ] || foobar_staff "$group"; }; then
        # With an access list the group's bits are what the list may grant to others.
        case $(ls -ld -- "$d") in ??????????+*) ;; *) continue ;; esac
      fi
      [ $((mode & 01000)) -ne 0 ] || { foobar_open "$p" "$d" "$new"; exit 1; }
      sticky=$d
    done
    [ "$link" ] || break
    to=$(readlink -- "$link") || exit 1
    case $to in
      /*) from= ;;
      *) from=${link%/*} ;;
    esac
    while :; do
      case $to in ../*) to=${to#../} from=${from%/*} ;; ..) to= from=${from%/*} ;; *) break ;; esac
    done
    at=$from/$to${at#"$link"}
  done
  [ -z "$link" ] || { foobar_no "$p" "links lead in a circle at $link"; exit 1; }
  [ -z "$sticky" ] || { foobar_open "$p" "$sticky" "$new"; exit 1; }
)

# foobar_parent PATH fails unless nobody but root can change what PATH names.
foobar_parent() { foobar_above "$1"; }

# foobar_dir MODE USER:GROUP PATH makes PATH a folder with this mode and owner,
# and those above it that are missing root's with the mode 0755. A link at PATH is
# not followed.
foobar_dir() {
  foobar_above "$3" new || return 1
  if [ -L "$3" ] || { [ -e "$3" ] && [ ! -d "$3" ]; }; then
    foobar_no "$3" "it is there and is not a folder"
    return 1
  fi
  # Only root can replace the name now, so that a path is as good as a handle.
  ( umask 022 && exec install -d -m "$1" -o "${2%%:*}" -g "${2#*:}" -- "$3" )
}

# foobar_give MODE USER:GROUP FILE gives a file that root has just made owner and mode.
# It is root's already, unless its folder gives it another group.
foobar_give() {
  [ "$2" = root:root ] && [ -O / ] && [ -G / ] && [ ! -g "${3%/*}" ] || chown -- "$2" "$3" || return 1
  chmod -- "$1" "$3"
}

# foobar_put MODE USER:GROUP PATH makes standard input the content of PATH: under
# another name in the same folder, where nobody else can reach it, it gets owner
# and mode and is flushed, where it is on a disk, and then takes PATH's place.
foobar_put() {
  foobar_above "$3" || return 1
  (
    set -f
    umask 077
    t=${3%/*}/.foobar-$$-${3##*/}
    trap 'rm -f -- "$t"' EXIT
    trap 'exit 1' HUP INT TERM
    [ ! -e "$t" ] && [ ! -L "$t" ] || rm -f -- "$t" || exit 1
    cat >"$t" || exit 1
    foobar_give "$1" "$2" "$t" && case $3 in /run/*) ;; *) sync -- "$t" ;; esac && mv -fT -- "$t" "$3" && trap - EXIT
  )
}

# foobar_own MODE USER:GROUP PATH gives a file that is there owner and mode.
foobar_own() {
  foobar_above "$3" || return 1
  [ ! -L "$3" ] || { foobar_no "$3" "it is a link"; return 1; }
  chown -h -- "$2" "$3" && chmod -- "$1" "$3"
}

# foobar_gone PATH removes a file or link. Where others can change a folder above
# it, that is done as the owner of that folder: a link that he plants leads him to
# nothing that he could not remove himself.
foobar_gone() {
  if foobar_above "$1" new 2>/dev/null; then
    rm -f -- "$1"
  else
    (
      open=$(foobar_above "$1" who) || [ "$open" ] || exit 1
      as=$(stat -c '--reuid=%u --regid=%g' -- "$open") || exit 1
      case $as in --reuid=0\ *) foobar_above "$1" new; exit 1 ;; esac
      exec setpriv $as --clear-groups --no-new-privs -- rm -f -- "$1"
    )
  fi
}
