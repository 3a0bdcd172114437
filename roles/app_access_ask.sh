# Modes and owners of the site's folder, of that of its releases and of each release.
set --
for d in "$site" "$site/releases"; do [ ! -d "$d" ] || [ -L "$d" ] || set -- "$@" "$d"; done
for d in "$site"/releases/[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]; do ! is_ours "$d" || set -- "$@" "$d"; done
[ $# -gt 0 ] || exit 3
stat -c '%04a %U:%G %n' -- "$@"
