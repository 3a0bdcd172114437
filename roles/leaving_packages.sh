# Removes the packages in the arguments, with their configuration where $verb is purge, and
# nothing else.
export LC_ALL=C DEBIAN_FRONTEND=noninteractive
more=$(apt-get -s -q -o APT::Get::AutomaticRemove=false remove -- "$@" | sed -n 's/^\(Remv\|Inst\) \([^ ]*\).*/\2/p' | grep -vxF -e "$(printf '%s\n' "$@")" | tr '\n' ' ')
if [ "$more" ]; then echo "apt would remove more than was planned, so nothing was: ${more% }"; exit 1; fi
apt-get -y -q -o DPkg::Lock::Timeout=300 -o APT::Get::AutomaticRemove=false "$verb" -- "$@"
# What was there before foobar stays known, for a removal that is given again; a first deploy
# after this writes a record anew, which then counts.
[ ! -f "$before" ] || mv -f -- "$before" "$kept"
foobar_gone "$stamp"
