cat <<-'A' <<B
	x
	A
B
$'\x41' $"b" {a,b}{1..3} !( ÿ [[ a =~ (b) ]] ;& time ! x |& y
(( i++ )) ; select x in y; do :; done; coproc z { a; }
