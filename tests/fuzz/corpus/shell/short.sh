set -- a "$@"
set -- "$@" "$@"
exec tini -g -- "$0" ${@:2} ${!x} ${x/a/b}
