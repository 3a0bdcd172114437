# Fetches a package's file, of the digest $sum, from $url to $f.
t="$f.new"
umask 022
foobar_dir 0755 root:root "${f%/*}"
trap 'rm -f -- "$t"' EXIT
curl -fsSL --proto '=https,http' --retry 3 --connect-timeout 10 --max-time 600 -o "$t" -- "$url"
has=$(sha256sum <"$t")
has=${has%% *}
[ "$has" = "$sum" ] || { echo "the file fetched has the digest $has, not $sum as monitoring.package.sha256 says"; damaged; }
is_package
sync -- "$t"
mv -f -- "$t" "$f"
