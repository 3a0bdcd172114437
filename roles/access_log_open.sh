# Makes $name in the folder $dir a log of $owner that the group adm may read, where the
# group of rsyslog may write to the folder above. A folder of root's is entered first,
# and then nobody else can change what a name in it means.
refuse(){ echo "foobar: will not write $dir/$name as root: $1" >&2; exit 1; }
[ -d "$dir" ] || mkdir -m 0755 -- "$dir"
cd -P -- "$dir"
[ "$(pwd -P)" = "$dir" ] || refuse "$dir is a link"
[ "$(find . -maxdepth 0 -user root ! -perm /022)" ] || refuse "others than root can change $dir"
[ ! -L "$name" ] || refuse "it is a link"
[ -e "$name" ] || ( umask 077 && : >"$name" )
chown -h -- "$owner:adm" "$name"
chmod -- 0640 "$name"
