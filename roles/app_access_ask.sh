# Modes and owners of the site's folder, of that of its releases and of each release; before
# them, behind a star, what else lies among the releases, but for what is in use; behind a
# star and a plus where there are files in it.
set --
for d in "$site" "$site/releases"; do [ ! -d "$d" ] || [ -L "$d" ] || set -- "$@" "$d"; done
for d in "$site"/releases/[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]; do ! is_ours "$d" || set -- "$@" "$d"; done
[ $# -gt 0 ] || return 3
if [ ! -L "$site" ] && [ ! -L "$site/releases" ]; then
  for d in "$site"/releases/*; do
    case ${d##*/} in '*' | *'
'*) continue ;; esac
    is_ours "$d" || [ "$d" -ef "$site/current" ] && continue
    if [ -z "$(find "$d" -type f -print -quit)" ]; then printf '* %s\n' "$d"; else printf '*+ %s\n' "$d"; fi
  done
fi
stat -c '%04a %U:%G %n' -- "$@"
