# digest leaves the digest in $s.
# A folder says nothing as it is built, so that marks made before it was asked for still hold.
digest(){
 s=$(find . \( -type d ! -path . \( -perm /7022 -o ! -perm -0555 -o ! -user root -o ! -group root \) -printf 'folder %m %U %G %p\n' \) , \
  \( -path ./venv -o -name __pycache__ \) -prune -o ! -path ./.complete \( -type f -o -type l \) -printf '%m %U %G %p %l\n' -type f -exec sha256sum -- {} + | LC_ALL=C sort | sha256sum)
 s=${s%% *}; }
# earlier is the digest in the marks of earlier versions.
earlier(){
 { find . -type d ! -path . \( -perm /7022 -o ! -perm -0555 -o ! -user root -o ! -group root \) -printf 'folder %m %U %G %p\n'
   find . \( -path ./venv -o -name __pycache__ \) -prune -o ! -path ./.complete \( -type f -o -type l \) -printf '%m %U %G %p %l\n' | LC_ALL=C sort
   find . \( -path ./venv -o -name __pycache__ \) -prune -o ! -path ./.complete -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum --
 } | sha256sum | cut -c 1-64; }
